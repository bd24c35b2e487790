/** Types of plan.mjs, for the tests. */
export interface Tool {
  name: string;
  package: string;
  for: string[];
  why: string;
  files?: string[];
  isOptional?: boolean;
  isForUsers?: boolean;
}
export const tools: Tool[];
export function missingTools(
  role: string,
  uid: number,
  isThere: (tool: Tool) => boolean,
  all?: readonly Tool[],
): Tool[];
export function rootPrefix(uid: number, canSudo: boolean): string[] | undefined;
export function installCommand(packages: readonly string[]): string[];
export function sentenceFor(missing: readonly Tool[], hasApt: boolean): string;
export function majorOf(version: string): number;
export function dependenciesOf(manifest: {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}): string[];
export function hasPackageLists(names: readonly string[]): boolean;
