/** Key pairs in OpenSSH's format. */
import { describe, expect, test } from "bun:test";
import ssh2 from "ssh2";
import { fingerprint, makeKeyPair, publicKeyBytes } from "../../src/guest/keys.ts";

/** A key made by OpenSSH's ssh-keygen, with the fingerprint that it printed. */
const known = {
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEDIIdIXqtLua3riHURlt1Wi8xqyxnSSr6m/B0n9bKgv strata",
  fingerprint: "SHA256:zqyqmPA6+GNFv9faRrlYqUx6b7GEnViFvCaR6xdFoSE",
};

describe("a key pair", () => {
  test("fits together, carries its comment and is new each time", () => {
    const [first, second] = [makeKeyPair("strata-web"), makeKeyPair("strata-web")];
    const parsed = ssh2.utils.parseKey(first.privateKey);
    if (parsed instanceof Error) throw parsed;
    expect(parsed.getPublicSSH()).toEqual(Buffer.from(publicKeyBytes(first.publicKey)));
    expect(first.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]{68} strata-web$/);
    expect(first.publicKey).not.toBe(second.publicKey);
  });

  test("is never one with a shortened public part, however many are made", () => {
    for (let count = 0; count < 1_500; count++) expect(publicKeyBytes(makeKeyPair("k").publicKey)).toHaveLength(51);
  });

  test.each(["", "two words", "line\nbreak"])("refuses the comment %j, which would break the line", (comment) => {
    expect(() => makeKeyPair(comment)).toThrow("bug: a key's comment");
  });
});

test("a fingerprint is the one that OpenSSH prints", () => {
  expect(fingerprint(known.publicKey)).toBe(known.fingerprint);
});

test("what is no public key is refused", () => {
  expect(() => fingerprint("ssh-ed25519 nonsense")).toThrow("no public key");
});
