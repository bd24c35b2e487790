/** Many lines at once give what each would give alone, and nothing when one of them would be refused. */
import { describe, expect, test } from "bun:test";
import { parseJsonLines } from "../../src/sys/json-lines.ts";

const good = [
  '{"plain":1,"list":[1,[2,{}],null,true,false]}',
  '{"text":"héllo 日本 😀 \\u00e9 \\ud800 \\u0000 \\n \\/","key with \\"quotes\\"":""}',
  '{"__proto__":{"kept":true},"constructor":1,"twice":1,"twice":2}',
  '{"numbers":[-0,1e400,0.1,12345678901234567890,1E5],"10":"ten","2":"two"}',
  '{"between":1,\r"carriage returns":2}',
  '{"separators":"\u2028\u2029\ufeff"}',
  `{"long":"${"x".repeat(100_000)}"}`,
];
const bad = [
  '{"two":1} {"on one":2}',
  '{"two":1}{"on one":2}',
  '{"missing":}',
  '{"cut":"off',
  '{"control":"\u0001"}',
  '{"leading":01}',
  '{"trailing":1,}',
  "{'single':1}",
  '{"not":undefined}',
  '{"rest":1}rest',
];
const bytesOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(""));
const parse = (bytes: Buffer) => parseJsonLines(bytes, 0, bytes.length);

describe("lines of JSON", () => {
  test("are parsed as each of them alone", () => {
    expect(parse(bytesOf(good))).toEqual(good.map((line) => JSON.parse(line)));
    expect(parse(bytesOf(good)).map((value) => JSON.stringify(value))).toEqual(
      good.map((line) => JSON.stringify(JSON.parse(line))),
    );
  });

  test("may hold bytes that are no UTF-8, which are replaced as in any text", () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3, 0xed, 0xa0]), Buffer.from('"}\n')]);
    expect(parse(bytes)).toEqual([JSON.parse(bytes.toString())]);
  });

  test("are taken from the middle of bytes, up to an end with a newline or without", () => {
    const bytes = Buffer.from('é{"a":"é"}\n{"b":2}\n{"c":3}');
    const [start, end] = [bytes.indexOf("{"), bytes.lastIndexOf("\n")];
    const expected = [{ a: "é" }, { b: 2 }];
    expect(parseJsonLines(bytes, start, end + 1)).toEqual(expected);
    expect(parseJsonLines(bytes, start, end)).toEqual(expected);
    expect(parseJsonLines(bytes, start, start)).toEqual([]);
  });

  test.each(bad)("are none when one of them is %j", (line) => {
    expect(() => JSON.parse(line)).toThrow();
    for (const place of [0, 1, 2]) expect(parse(bytesOf(['{"a":1}', '{"b":2}'].toSpliced(place, 0, line)))).toEqual([]);
  });

  test("are one less when one of them is empty, and none when one but the first has a byte order mark", () => {
    expect(parse(bytesOf(['{"a":1}', "", '{"b":2}']))).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parse(bytesOf(['\ufeff{"a":1}', '{"b":2}']))).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parse(bytesOf(['{"a":1}', '\ufeff{"b":2}']))).toEqual([]);
  });
});
