/** YAML as the reference's emitter writes it. */
import { expect, test } from "bun:test";
import { parse } from "yaml";
import { cppYaml } from "../../../src/commands/multipass/shapes/yaml.ts";
import type { Json } from "../../../src/render/view.ts";

const rows: readonly [json: Json, text: string][] = [
  [{ a: "plain text", b: "4", c: "0.10", d: true, e: 5 }, "a: plain text\nb: 4\nc: 0.10\nd: true\ne: 5\n"],
  [{ a: null, b: [], c: {} }, "a: ~\nb:\n  []\nc:\n  {}\n"],
  [{ errors: [null] }, "errors:\n  - ~\n"],
  [{ a: [{ b: [], c: 1 }] }, "a:\n  - b:\n      []\n    c: 1\n"],
  [{ a: "1000:501", b: "0123" }, 'a: "1000:501"\nb: "0123"\n'],
  [
    { a: "", b: "~", c: "null", d: "- x", e: "#x", f: "x #y", g: " x" },
    'a: ""\nb: "~"\nc: "null"\nd: "- x"\ne: "#x"\nf: "x #y"\ng: " x"\n',
  ],
  [{ a: "two\nlines", b: "bell\u0007", c: "über" }, 'a: "two\\nlines"\nb: "bell\\u0007"\nc: über\n'],
  [{ a: undefined, b: 1 }, "b: 1\n"],
];

for (const [json, text] of rows)
  test(JSON.stringify(json), () => {
    expect(cppYaml(json)).toBe(text);
    expect(() => parse(text)).not.toThrow();
  });
