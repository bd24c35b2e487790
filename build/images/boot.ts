/** Lays kernel and initrd out at the beginning of a disk, behind a boot sector that loads them (Linux x86 boot protocol). */

export const sectorBytes = 512;
/** Code and job table; the partition table follows. */
export const bootCodeBytes = 440;
/** Where the BIOS puts the boot sector. */
export const bootAddress = 0x7c00;

/** The kernel's setup code; its heap and stack end at 8000h, where the command line begins. */
const setupAddress = 0x9_0000;
const commandLineOffset = 0x8000;
const commandLineBytesMax = 2048;
/** `heap_end_ptr` is given less 200h. */
const heapEnd = commandLineOffset - 0x200;
const kernelAddress = 0x10_0000;
/** Above all that the kernel unpacks itself into (67 MiB for Debian 12), and inside a machine of 96 MiB. */
const initrdAddress = 0x500_0000;

/** One read of `tiny/boot.s`. */
export interface LoadJob {
  readonly sector: number;
  readonly sectors: number;
  readonly address: number;
}

export interface BootArea {
  /** Goes to the beginning of the disk, from sector 1 on. */
  readonly bytes: Buffer;
  readonly jobs: readonly LoadJob[];
}

/** What is loaded, in order: setup code with command line, the kernel proper, the initrd. */
export function bootArea(kernel: Buffer, initrd: Buffer, commandLine: string): BootArea {
  if (kernel.toString("latin1", 0x202, 0x206) !== "HdrS") throw new Error("the kernel is no bzImage");
  const setupBytes = (1 + (kernel.readUInt8(0x1f1) || 4)) * sectorBytes;
  const unpackedEnd = Number(kernel.readBigUInt64LE(0x258)) + kernel.readUInt32LE(0x260);
  if (unpackedEnd > initrdAddress) throw new Error(`the kernel unpacks itself up to ${unpackedEnd}, over the initrd`);
  const parts = [
    { content: setupBlock(kernel.subarray(0, setupBytes), initrd.length, commandLine), address: setupAddress },
    { content: kernel.subarray(setupBytes), address: kernelAddress },
    { content: initrd, address: initrdAddress },
  ];
  const jobs: LoadJob[] = [];
  const blocks: Buffer[] = [];
  let sector = 1;
  for (const { content, address } of parts) {
    const block = wholeSectors(content);
    jobs.push({ sector, sectors: block.length / sectorBytes, address });
    blocks.push(block);
    sector += block.length / sectorBytes;
  }
  return { bytes: Buffer.concat(blocks), jobs };
}

/** The setup code with the fields that a boot loader fills in, and the command line at its place. */
function setupBlock(setup: Buffer, initrdBytes: number, commandLine: string): Buffer {
  const text = Buffer.from(`${commandLine.trim()}\0`);
  if (setup.length > heapEnd || text.length > commandLineBytesMax)
    throw new Error("setup code or command line is too long");
  const block = Buffer.alloc(commandLineOffset + text.length);
  setup.copy(block);
  text.copy(block, commandLineOffset);
  block.writeUInt16LE(0xffff, 0x1fa); // vid_mode: as it is
  block.writeUInt8(0xff, 0x210); // type_of_loader: none that is registered
  block.writeUInt8(block.readUInt8(0x211) | 0x80, 0x211); // loadflags: heap_end_ptr holds
  block.writeUInt32LE(initrdAddress, 0x218);
  block.writeUInt32LE(initrdBytes, 0x21c);
  block.writeUInt16LE(heapEnd, 0x224);
  block.writeUInt32LE(setupAddress + commandLineOffset, 0x228);
  return block;
}

function wholeSectors(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((sectorBytes - (content.length % sectorBytes)) % sectorBytes)]);
}

/** Writes the jobs into the table at the end of the assembled code. */
export function bootCode(assembled: Buffer, jobs: readonly LoadJob[]): Buffer {
  if (assembled.length !== bootCodeBytes) throw new Error(`the boot sector's code has ${assembled.length} bytes`);
  const code = Buffer.from(assembled);
  const start = bootCodeBytes - jobs.length * 12;
  jobs.forEach(({ sector, sectors, address }, index) => {
    [sector, sectors, address].forEach((value, field) => code.writeUInt32LE(value, start + index * 12 + field * 4));
  });
  return code;
}
