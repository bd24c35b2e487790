/** The way out: proxies, certificates, redirects, silence. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyFor } from "../../src/images/proxy.ts";
import { createWeb, type WebRequest } from "../../src/images/web.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { startServer, type TestServer } from "./server.ts";

let directory = "";
let certificates = "";
let plain: TestServer;
let secure: TestServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-web-"));
  const pair = makeCertificates(directory);
  certificates = readFileSync(join(directory, "ca.crt"), "utf8");
  plain = await startServer({ "/a": { body: "plain" } });
  secure = await startServer(
    { "/a": { body: "secure" }, "/down": { body: "", redirect: `${plain.root}/a` } },
    { tls: pair },
  );
});
afterAll(async () => {
  await Promise.all([plain.stop(), secure.stop()]);
  rmSync(directory, { recursive: true });
});

/** An authority of its own, and a certificate of it for this machine. */
function makeCertificates(at: string): { key: string; cert: string } {
  writeFileSync(join(at, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const run = (...words: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(["openssl", ...words], { cwd: at });
    if (exitCode !== 0) throw new Error(stderr.toString());
  };
  const key = ["-newkey", "rsa:2048", "-nodes"];
  run("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=strata test");
  run("req", ...key, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=localhost");
  run(
    "x509",
    "-req",
    "-in",
    "own.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-out",
    "own.crt",
    "-days",
    "2",
    "-extfile",
    "names",
  );
  return { key: readFileSync(join(at, "own.key"), "utf8"), cert: readFileSync(join(at, "own.crt"), "utf8") };
}

const web = createWeb({ files, limits: { connectMs: 1_000, headMs: 1_000, idleMs: 1_000 } });
const signal = new AbortController().signal;

async function text(
  url: string,
  outside: WebRequest["outside"] = { proxies: {} },
  more: Partial<WebRequest> = {},
): Promise<string> {
  const { body } = await web.get({ url, outside, signal, ...more });
  let all = "";
  for await (const piece of body) all += new TextDecoder().decode(piece);
  return all;
}

/** A proxy that tunnels and forwards, and remembers what it was asked. */
async function startProxy(refuses = false): Promise<{ port: number; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const answer = (socket: Socket, head: string) => {
    const [first = ""] = head.split("\r\n");
    asked.push(`${first}${/proxy-authorization: basic (\S+)/i.exec(head)?.[1] ?? ""}`);
    if (refuses) return socket.end("HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n");
    const [, host = "", port = "80"] = /^(?:CONNECT |GET http:\/\/)([^:/ ]+):(\d+)/.exec(first) ?? [];
    const other = connect(Number(port), host, () => {
      if (first.startsWith("CONNECT")) socket.write("HTTP/1.1 200 Yes\r\n\r\n");
      else other.write(head);
      socket.pipe(other).pipe(socket);
    });
    return other.on("error", () => socket.destroy());
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (data) => answer(socket, data.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, asked, server };
}

describe("certificates", () => {
  test("of an authority that the caller trusts are good", async () => {
    expect(await text(`${secure.root}/a`, { proxies: {}, certificates })).toBe("secure");
  });

  test("of another are refused, saying what to do", async () => {
    await expect(text(`${secure.root}/a`)).rejects.toMatchObject({
      code: "image-host-unreachable",
      message: expect.stringContaining("SSL_CERT_FILE"),
    });
  });
});

describe("redirects", () => {
  test("from https to http are refused, unless a digest guards what comes", async () => {
    const trusting = { proxies: {}, certificates };
    await expect(text(`${secure.root}/down`, trusting)).rejects.toMatchObject({ code: "image-redirect-refused" });
    expect(await text(`${secure.root}/down`, trusting, { isVerified: true })).toBe("plain");
  });
});

describe("a proxy", () => {
  test("is asked for http, and tunnels https, with its password", async () => {
    const proxy = await startProxy();
    const address = `http://me:secret@127.0.0.1:${proxy.port}`;
    const outside = { proxies: { http: address, https: address }, certificates };
    expect(await text(`${plain.root}/a`, outside)).toBe("plain");
    expect(await text(`${secure.root}/a`, outside)).toBe("secure");
    const password = Buffer.from("me:secret").toString("base64");
    expect(proxy.asked).toEqual([
      `GET ${plain.root}/a HTTP/1.1${password}`,
      `CONNECT ${secure.root.replace("https://", "")} HTTP/1.1${password}`,
    ]);
    proxy.server.close();
  });

  test("is passed by for what no_proxy names, and the daemon's own variables do not count", async () => {
    const before = process.env["HTTP_PROXY"];
    process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
    expect(await text(`${plain.root}/a`, { proxies: { http: "http://127.0.0.1:1", none: "127.0.0.1" } })).toBe("plain");
    expect(await text(`${plain.root}/a`)).toBe("plain");
    if (before === undefined) delete process.env["HTTP_PROXY"];
    else process.env["HTTP_PROXY"] = before;
  });

  test.each([
    ["refuses", true],
    ["is not there", false],
  ])("that %s is an error without its password", async (_what, refuses) => {
    const proxy = await startProxy(refuses);
    if (!refuses) proxy.server.close();
    const address = `http://me:secret@127.0.0.1:${proxy.port}`;
    const failure: unknown = await text("https://images.example/a", { proxies: { https: address } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "image-host-unreachable" });
    expect(Bun.inspect(failure)).not.toContain("secret");
    proxy.server.close();
  });

  const all = { http: "http://h:1", https: "s:2", all: "http://a:3" };
  test.each([
    ["http://x.example/", all, "http://h:1"],
    ["https://x.example/", all, "http://s:2"],
    ["https://x.example/", { all: "http://a:3" }, "http://a:3"],
    ["https://x.example/", {}, undefined],
    ["http://x.example/", { ...all, none: "*" }, undefined],
    ["http://x.example/", { ...all, none: "other, .example" }, undefined],
    ["http://x.example/", { ...all, none: "ample" }, "http://h:1"],
    ["http://x.example:8080/", { ...all, none: "x.example:8080" }, undefined],
    ["http://x.example/", { ...all, none: "x.example:8080" }, "http://h:1"],
    ["http://[::1]/", { ...all, none: "::1" }, undefined],
    ["http://[::1]:80/", { ...all, none: "[::1]:80" }, undefined],
  ])("for %s with %j is %j", (url, proxies, expected) => {
    expect(proxyFor(url, proxies)).toBe(expected);
  });

  test("of a kind that is not known is refused without naming it", () => {
    expect(() => proxyFor("http://x/", { http: "socks5://me:secret@y" })).toThrow(
      expect.objectContaining({ code: "proxy-invalid", message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("a host that", () => {
  test.each([
    ["is not there", "http://127.0.0.1:1/a", "nothing listens there"],
    ["has no name here", "http://nowhere.invalid/a", "cannot be reached"],
  ])("%s is told of in words", async (_what, url, why) => {
    await expect(text(url)).rejects.toMatchObject({
      code: "image-host-unreachable",
      message: expect.stringContaining(why),
    });
  });

  test.each([
    ["takes the request and is silent", "", "does not answer"],
    ["talks another language", "SSH-2.0-x\r\n\r\n", "not HTTP"],
    ["stops in the middle", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "stopped sending"],
    ["has an endless head", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`, "too long"],
    ["packs wrongly", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc", "packed wrongly"],
    ["packs strangely", "HTTP/1.1 200 OK\r\ncontent-encoding: zz\r\ncontent-length: 3\r\n\r\nabc", "not known here"],
  ])("%s is given up", async (_what, answer, why) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
    await expect(text(url)).rejects.toMatchObject({
      code: "image-host-unreachable",
      message: expect.stringContaining(why),
    });
    server.close();
  });
});
