/** The class inside ssh2 that speaks SFTP; its types are those of what `Client.sftp` hands out. */
declare module "ssh2/lib/protocol/SFTP.js" {
  type Wrapper = import("ssh2").SFTPWrapper;
  interface Sftp extends Wrapper {
    push(data: Buffer | null): void;
    /** The client's first message. */
    _init(): void;
  }
  const internals: { readonly SFTP: new (client: object, channel: object, config: { server?: boolean }) => Sftp };
  export = internals;
}
