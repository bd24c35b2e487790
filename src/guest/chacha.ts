/**
 * chacha20-poly1305@openssh.com: RFC 8439 but for a nonce of 64 bits, which is the packet's number, a key of its own for the
 * packet's length, and a code that is made over nothing but the bytes that are sent (OpenSSH's PROTOCOL.chacha20poly1305).
 */
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { chacha20orig } from "@noble/ciphers/chacha.js";
import { equalBytes } from "@noble/ciphers/utils.js";

export const lengthBytes = 4;
export const codeBytes = 16;

const keyBytes = 32;
/** Blocks of the stream: the first gives the code's key, content begins with the second. */
const contentBlock = 1;
const zeros = new Uint8Array(keyBytes);

export interface PacketCipher {
  /** Makes a packet in place, its length and content with `codeBytes` of room behind them, that which is sent. */
  seal(packet: Uint8Array, number: number): void;
  /** Of the first `lengthBytes` of what came. */
  lengthOf(sealed: Uint8Array, number: number): number;
  /** The content of a whole packet that came, decrypted in place; undefined: its code is wrong. */
  open(packet: Uint8Array, number: number): Uint8Array | undefined;
}

/** `key`: 64 bytes, the first half for content. Numbers are of 32 bits, and none is used twice under one key. */
export function createPacketCipher(key: Uint8Array): PacketCipher {
  const [contentKey, lengthKey] = [key.slice(0, keyBytes), key.slice(keyBytes)];
  const nonce = new Uint8Array(8);
  const view = new DataView(nonce.buffer);
  const inPlace = (secret: Uint8Array, bytes: Uint8Array, block: number) =>
    chacha20orig(secret, nonce, bytes, bytes, block);
  /** As plain bytes: Poly1305 over what is a Buffer is five times slower, and stays so. */
  const partsOf = ({ buffer, byteOffset, length }: Uint8Array) => {
    const part = (from: number, to: number) => new Uint8Array(buffer, byteOffset + from, to - from);
    const end = length - codeBytes;
    return { sent: part(0, end), content: part(lengthBytes, end), code: part(end, length) };
  };
  const codeOf = (sent: Uint8Array) => poly1305(sent, chacha20orig(contentKey, nonce, zeros));
  return {
    seal(packet, number) {
      view.setUint32(4, number);
      const { sent, content, code } = partsOf(packet);
      inPlace(lengthKey, packet.subarray(0, lengthBytes), 0);
      inPlace(contentKey, content, contentBlock);
      code.set(codeOf(sent));
    },
    lengthOf(sealed, number) {
      view.setUint32(4, number);
      const length = chacha20orig(lengthKey, nonce, sealed.subarray(0, lengthBytes));
      return new DataView(length.buffer, length.byteOffset).getUint32(0);
    },
    open(packet, number) {
      view.setUint32(4, number);
      const { sent, content, code } = partsOf(packet);
      return equalBytes(codeOf(sent), code) ? inPlace(contentKey, content, contentBlock) : undefined;
    },
  };
}
