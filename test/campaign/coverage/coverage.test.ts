import { expect, test } from "bun:test";
import { coverageOf } from "./lcov.ts";

const lcov = `TN:
SF:src/a.ts
DA:1,4
DA:2,0
DA:7,0
end_of_record
SF:src/b.ts
DA:1,1
end_of_record
SF:test/c.ts
DA:1,0
end_of_record
`;

test("lines that were never entered are named, in the files that are wanted", () => {
  expect(coverageOf(lcov, (path) => path.startsWith("src/"))).toEqual({
    lines: 4,
    files: new Set(["src/a.ts", "src/b.ts"]),
    uncovered: [{ path: "src/a.ts", lines: [2, 7] }],
  });
});
