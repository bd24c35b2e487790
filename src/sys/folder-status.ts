/** What stands at a path that should be a folder. */
import { accessSync, constants, statSync } from "node:fs";

export type FolderStatus = "folder" | "missing" | "no-folder" | "unreadable";

/** `unreadable`: a folder that this user may not list. Links are followed. */
export function folderStatus(path: string): FolderStatus {
  try {
    if (!statSync(path).isDirectory()) return "no-folder";
  } catch {
    return "missing";
  }
  try {
    accessSync(path, constants.R_OK);
    return "folder";
  } catch {
    return "unreadable";
  }
}
