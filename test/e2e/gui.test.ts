/** The window out of the compiled executable: its page is in there, whole, and signs in. */
import { afterAll, expect, test } from "bun:test";
import { ask, post } from "../daemon/window/bed.ts";
import { createHome } from "./harness.ts";

const home = createHome();
afterAll(() => home.close());

test("the executable alone serves the page, with all that it loads", async () => {
  const { url, session } = JSON.parse(await home.ok("gui", "--print", "--json")) as { url: string; session: string };
  const { port: text, hash } = new URL(url);
  const port = Number(text);
  const page = await ask(port, "GET /");
  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html;charset=utf-8"]);
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
  expect(files.map((path) => path.split(".").at(-1))).toEqual(expect.arrayContaining(["js", "css"]));
  for (const path of files) {
    const { status, headers, text: content } = await ask(port, `GET ${path}`);
    expect([path, status, Number(headers["content-length"])]).toEqual([path, 200, Buffer.byteLength(content)]);
  }
  const { bearer } = JSON.parse((await post(port, "/session", { token: hash.replace("#token=", "") })).text);
  const listed = await post(port, "/v1/instance.list", {}, { authorization: `Bearer ${bearer}` });
  expect([listed.status, listed.text]).toEqual([200, "[]"]);
  expect(await home.ok("sessions", "--quiet")).toBe(`${session}\n`);
}, 60_000);
