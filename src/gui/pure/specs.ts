/** Processors, memory and disk in a few words. */
import type { Specs } from "../../model/instance.ts";
import { formatSize } from "../../model/size.ts";

/** `2 CPUs · 2G · 10G` */
export const specsText = ({ cpus, memory, disk }: Specs): string =>
  `${cpus} ${cpus === 1 ? "CPU" : "CPUs"} · ${formatSize(memory)} · ${formatSize(disk)}`;
