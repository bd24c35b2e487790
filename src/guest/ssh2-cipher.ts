/**
 * Gives ssh2 the one cipher that it cannot do under Bun: it takes ChaCha20 from OpenSSL, and BoringSSL has none. What it has for its
 * packets stays; how they are encrypted and decrypted is replaced.
 */
import { SUPPORTED_CIPHER } from "ssh2/lib/protocol/constants.js";
import { CIPHER_INFO, createCipher, createDecipher } from "ssh2/lib/protocol/crypto.js";
import type { Cipher, Decipher } from "ssh2/lib/protocol/crypto.js";
import { codeBytes, createPacketCipher, lengthBytes, type PacketCipher } from "./chacha.ts";

export const chacha = "chacha20-poly1305@openssh.com";

/** As ssh2 has it for other ciphers: RFC 4253, 6.1. */
const packetBytesMax = 35_000;
const blockBytes = 8;
const numbers = 2 ** 32;

/** Of a cipher of ssh2's, made once. */
function remembered<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

const sealer = remembered((cipher: Cipher) =>
  createPacketCipher(Buffer.concat([cipher._encKeyMain, cipher._encKeyPktLen])),
);

function encrypt(this: Cipher, packet: Buffer): void {
  if (this._dead) return;
  const sealed = Buffer.allocUnsafeSlow(packet.length + codeBytes);
  sealed.set(packet);
  sealer(this).seal(sealed, this.outSeqno);
  this._onWrite(sealed);
  this.outSeqno = (this.outSeqno + 1) % numbers;
}

/** Collects packets out of pieces of any size. Throws where one is not what the other side can have sent. */
function createCollector(cipher: PacketCipher) {
  const length = Buffer.alloc(lengthBytes);
  let packet = length;
  let filled = 0;
  const begin = (number: number) => {
    const bytes = cipher.lengthOf(length, number);
    if (bytes > packetBytesMax || bytes < blockBytes || bytes % blockBytes !== 0) throw new Error("Bad packet length");
    packet = Buffer.allocUnsafeSlow(lengthBytes + bytes + codeBytes);
    packet.set(length);
  };
  return {
    /** How many of these bytes it has taken. */
    take(data: Uint8Array, number: number): number {
      const bytes = Math.min(packet.length - filled, data.length);
      packet.set(data.subarray(0, bytes), filled);
      filled += bytes;
      if (filled === lengthBytes) begin(number);
      return bytes;
    },
    /** What a packet carries, once it is whole. */
    payload(number: number): Buffer | undefined {
      if (filled < packet.length) return undefined;
      const content = cipher.open(packet, number);
      if (content === undefined) throw new Error("Invalid MAC");
      const [padding = 0] = content;
      packet = length;
      filled = 0;
      return Buffer.from(content.buffer, content.byteOffset + 1, Math.max(0, content.length - 1 - padding));
    },
  };
}

const collector = remembered((decipher: Decipher) =>
  createCollector(createPacketCipher(Buffer.concat([decipher._decKeyMain, decipher._decKeyPktLen]))),
);

function decrypt(this: Decipher, data: Uint8Array, from: number, to: number): number | undefined {
  const { take, payload } = collector(this);
  for (let at = from; at < to;) {
    at += take(data.subarray(at, to), this.inSeqno);
    const whole = payload(this.inSeqno);
    if (whole === undefined) continue;
    this.inSeqno = (this.inSeqno + 1) % numbers;
    const answer = this._onPayload(whole);
    // What comes next is in other keys, or of nobody: ssh2 says from where on.
    if (answer !== undefined) return answer === false ? at : answer;
  }
  return undefined;
}

const cipherInfo = CIPHER_INFO[chacha];
const [cipherKey, seqno] = [Buffer.alloc(cipherInfo.keyLen), 0];
// One of each is made for the classes, which are not handed out.
const outbound = { cipherInfo, cipherKey, seqno, onWrite: () => {} };
const inbound = { decipherInfo: cipherInfo, decipherKey: cipherKey, seqno, onPayload: () => undefined };
Object.assign(Object.getPrototypeOf(createCipher({ outbound })), { encrypt });
Object.assign(Object.getPrototypeOf(createDecipher({ inbound })), { decrypt });
if (!SUPPORTED_CIPHER.includes(chacha)) SUPPORTED_CIPHER.push(chacha);
