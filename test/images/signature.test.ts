/** Signed lists: taken with the trusted key, refused with any other, with none, and when a byte was changed. */
import { beforeAll, describe, expect, test } from "bun:test";
import { cleartextFrom, generate } from "./keys.ts";
import { createVerify, readPublicKeys } from "../../src/images/signature.ts";
import { createSimplestreams } from "../../src/images/simplestreams.ts";
import { streamFiles } from "./streams.ts";

let ours: Awaited<ReturnType<typeof generate>>;
let theirs: Awaited<ReturnType<typeof generate>>;
beforeAll(async () => {
  [ours, theirs] = [await generate("ours"), await generate("theirs")];
});
const url = "https://images.example/streams/v1/index.sjson";
const text = '{"index":{}}\n- a line with a dash\n';

describe("a signed text", () => {
  test("is what was signed, with the key's fingerprint", async () => {
    const verify = createVerify([theirs.binary, ours.binary]);
    expect(await verify(await cleartextFrom(ours, text), url)).toEqual({ text, fingerprint: ours.fingerprint });
  });

  test("is checked with an armored key as well", async () => {
    const verify = createVerify([Buffer.from(`${theirs.armored}\n${ours.armored}`)]);
    expect((await verify(await cleartextFrom(ours, text), url)).fingerprint).toBe(ours.fingerprint);
  });

  test("drops what stands around the signed part", async () => {
    const verify = createVerify([ours.binary]);
    const around = `{"evil":1}\n${await cleartextFrom(ours, text)}\n{"evil":2}\n`;
    const outcome = await verify(around, url).catch((error: { code: string }) => error.code);
    expect([text, "image-signature-invalid"]).toContain(typeof outcome === "string" ? outcome : outcome.text);
  });

  test.each([
    ["of another key", async () => cleartextFrom(theirs, text)],
    ["that was changed", async () => (await cleartextFrom(ours, text)).replace("dash", "cash")],
    ["without a signature", async () => text],
    [
      "whose signature is garbage",
      async () => (await cleartextFrom(ours, text)).replace(/\n\n[\w+/=]{40}/, "\n\nAAAA"),
    ],
    ["of nothing", async () => ""],
  ])("%s is refused", async (_what, make) => {
    await expect(createVerify([ours.binary])(await make(), url)).rejects.toMatchObject({
      code: "image-signature-invalid",
    });
  });
});

describe("a host with a trusted key", () => {
  const root = "https://images.example";
  const list = async (sign: ((text: string) => Promise<string>) | undefined, keys: Uint8Array[]) => {
    const files = await streamFiles("", undefined, sign);
    const reader = {
      read: async (at: string) => {
        const body = files[at.slice(root.length)]?.body;
        return body === undefined ? undefined : { text: String(body) };
      },
    };
    return createSimplestreams({ name: "lab", root }).list({
      reader,
      architecture: "amd64",
      ...(keys.length > 0 && { verify: createVerify(keys) }),
    });
  };

  test("lists what the key has signed, and says so of each image", async () => {
    const offers = await list((each) => cleartextFrom(ours, each), [ours.binary]);
    expect(offers.map(({ signedBy }) => signedBy)).toEqual(offers.map(() => ours.fingerprint));
    expect(offers.length).toBe(4);
  });

  test("is refused when another key has signed", async () => {
    await expect(list((each) => cleartextFrom(theirs, each), [ours.binary])).rejects.toMatchObject({
      code: "image-signature-invalid",
    });
  });

  test("is refused when nobody has signed", async () => {
    await expect(list(undefined, [ours.binary])).rejects.toMatchObject({ code: "image-signature-invalid" });
  });

  test("is taken as it comes when no key is trusted", async () => {
    expect((await list(undefined, [])).every(({ signedBy }) => signedBy === undefined)).toBe(true);
  });
});

describe("a keyring", () => {
  test("gives its public keys", async () => {
    const keys = await readPublicKeys(Buffer.concat([ours.binary, theirs.binary]));
    expect(keys.map(({ fingerprint }) => fingerprint)).toEqual([ours.fingerprint, theirs.fingerprint]);
    expect((await readPublicKeys(Buffer.from(ours.armored)))[0]?.fingerprint).toBe(ours.fingerprint);
  });

  test.each([
    ["text", () => Buffer.from("no key")],
    ["nothing", () => new Uint8Array()],
    ["a private key", () => Buffer.from(ours.privateArmored)],
  ])("that is %s is refused", async (_what, make) => {
    await expect(readPublicKeys(make())).rejects.toMatchObject({ code: "keyring-invalid" });
  });
});
