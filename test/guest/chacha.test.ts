/** The cipher that ssh2 has from us: against OpenSSH's own client, against itself, and with bytes that are not as they were sent. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeBytes, createPacketCipher, lengthBytes } from "../../src/guest/chacha.ts";
import { connectGuest } from "../../src/guest/ssh.ts";
import { chacha } from "../../src/guest/ssh2-cipher.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemNetwork as network } from "../../src/sys/network.ts";
import { startGuest, type Command, type GuestServer } from "./server.ts";

let guest: GuestServer | undefined;
afterEach(() => guest?.close());

const echo = ({ stream }: Command) => {
  stream.pipe(stream, { end: false });
  stream.on("end", () => {
    stream.exit(0);
    stream.end();
  });
};

/** Of every length that a packet can have, and of more than a window. */
const content = Buffer.concat([...Array(300).keys()].map((length) => Buffer.alloc(length * 71, length % 251)));

test.skipIf(Bun.which("ssh") === null)("OpenSSH's client and this cipher understand each other", async () => {
  guest = await startGuest(echo, { ciphers: [chacha] });
  const directory = mkdtempSync(join(tmpdir(), "strata-chacha-"));
  try {
    const keyFile = join(directory, "key");
    writeFileSync(keyFile, guest.target.privateKey, { mode: 0o600 });
    const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR"];
    const words = ["-F", "none", "-c", chacha, "-i", keyFile, "-p", String(guest.target.endpoint.port)];
    const client = Bun.spawn(
      ["ssh", ...options.flatMap((option) => ["-o", option]), ...words, "ubuntu@127.0.0.1", "run"],
      { stdin: content, stdout: "pipe", stderr: "pipe", timeout: 30_000 },
    );
    const [back, said] = await Promise.all([
      new Response(client.stdout).arrayBuffer(),
      new Response(client.stderr).text(),
    ]);
    expect({ said, code: await client.exited }).toEqual({ said: "", code: 0 });
    expect(Buffer.from(back).equals(content)).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe("a login", () => {
  const log = async (isEmulated: boolean, ciphers: readonly string[]) => {
    guest = await startGuest(echo, { ciphers });
    return connectGuest(
      { ...guest.target, isEmulated },
      { network, clock: systemClock, signal: AbortSignal.timeout(10_000) },
    );
  };
  const all = ["aes128-gcm@openssh.com", "aes128-ctr", chacha];

  test.each([
    { isEmulated: true, offered: all, used: chacha },
    { isEmulated: true, offered: ["aes128-ctr"], used: "aes128-ctr" },
    { isEmulated: false, offered: all, used: "aes128-gcm@openssh.com" },
    { isEmulated: false, offered: [chacha, "aes128-ctr"], used: "aes128-ctr" },
    { isEmulated: false, offered: [chacha], used: chacha },
  ])("emulated $isEmulated, offered $offered: $used", async ({ isEmulated, offered, used }) => {
    (await log(isEmulated, offered)).close();
    expect(guest?.ciphers).toEqual([used]);
  });

  test("carries bytes both ways", async () => {
    const connection = await log(true, all);
    const channel = await connection.open({ words: ["run"], environment: {} }, AbortSignal.timeout(10_000));
    const writing = channel.write(content).then(() => channel.end());
    const back: Uint8Array[] = [];
    for await (const chunk of channel.stdout) back.push(chunk.slice());
    await writing;
    connection.close();
    expect(Buffer.concat(back).equals(content)).toBe(true);
  });
});

describe("a packet", () => {
  const cipher = createPacketCipher(Uint8Array.from({ length: 64 }, (_, index) => index));
  const number = 0xfedcba98;
  const sealed = () => {
    const packet = Buffer.alloc(lengthBytes + 16 + codeBytes);
    packet.writeUInt32BE(16);
    cipher.seal(packet, number);
    return packet;
  };

  test("tells its length, and opens", () => {
    const packet = sealed();
    expect(cipher.lengthOf(packet, number)).toBe(16);
    expect(cipher.open(packet, number)).toEqual(new Uint8Array(16));
  });

  test("does not open with any of its bits changed, nor under another number", () => {
    const { length } = sealed();
    for (let bit = 0; bit < 8 * length; bit++) {
      const packet = sealed();
      packet[bit >> 3] = (packet[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(cipher.open(packet, number)).toBeUndefined();
    }
    expect(cipher.open(sealed(), number + 1)).toBeUndefined();
  });
});
