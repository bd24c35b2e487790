/** The parts inside ssh2 that make and take packets, as far as they are replaced. */
declare module "ssh2/lib/protocol/crypto.js" {
  export interface Cipher {
    readonly _encKeyMain: Buffer;
    readonly _encKeyPktLen: Buffer;
    readonly _dead: boolean;
    readonly _onWrite: (bytes: Buffer) => void;
    outSeqno: number;
  }
  export interface Decipher {
    readonly _decKeyMain: Buffer;
    readonly _decKeyPktLen: Buffer;
    /** Answers where to go on in what was handed over; false: here. Is replaced during a key exchange. */
    readonly _onPayload: (payload: Buffer) => number | false | undefined;
    inSeqno: number;
  }
  interface CipherInfo {
    readonly keyLen: number;
  }
  export const CIPHER_INFO: Readonly<Record<"chacha20-poly1305@openssh.com", CipherInfo>>;
  interface Outbound {
    readonly cipherInfo: CipherInfo;
    readonly cipherKey: Buffer;
    readonly seqno: number;
    readonly onWrite: Cipher["_onWrite"];
  }
  interface Inbound {
    readonly decipherInfo: CipherInfo;
    readonly decipherKey: Buffer;
    readonly seqno: number;
    readonly onPayload: Decipher["_onPayload"];
  }
  export function createCipher(options: { readonly outbound: Outbound }): Cipher;
  export function createDecipher(options: { readonly inbound: Inbound }): Decipher;
}
declare module "ssh2/lib/protocol/constants.js" {
  /** Ciphers that a client may ask for. */
  export const SUPPORTED_CIPHER: string[];
}
