/** What is used of websocket-driver, which brings no types: the protocol of RFC 6455 apart from any socket. */
declare module "websocket-driver" {
  interface Emitter<Data> {
    on(event: "data", listener: (data: Data) => void): void;
  }
  interface Driver {
    /** Bytes for the peer. */
    readonly io: Emitter<Buffer>;
    /** Messages from the peer: text as a string, binary as bytes. */
    readonly messages: Emitter<string | Buffer>;
    on(event: "close" | "error", listener: () => void): void;
    /** Answers the handshake; false: it is none, and the peer was told. */
    start(): boolean;
    parse(bytes: Uint8Array): void;
    binary(bytes: Uint8Array): boolean;
    close(reason: string, code: number): boolean;
  }
  export function http(
    request: import("node:http").IncomingMessage,
    options: { protocols: string[]; maxLength: number; requireMasking: boolean },
  ): Driver;
}
