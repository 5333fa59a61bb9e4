import { describe, expect, it } from "vitest";
import { makeRewrite } from "../../src/check/write-rewrite.js";
import { addKeyword, setKeyword } from "../../src/diagnose/layer/rewriting.js";

const source = { file: "model.py", line: 1 };
const added = (line: string): string | null =>
  makeRewrite({ source, replacements: addKeyword("gelu", "approximate", '"tanh"') }, () => line)?.after ?? null;

describe("a keyword that is added to a call", () => {
  it.each([
    ["F.gelu(x)", 'F.gelu(x, approximate="tanh")'],
    ["self.c_proj(F.gelu(self.c_fc(x)))", 'self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))'],
    ["y = F.gelu(f(g(x), (1, 2))) + h(x)", 'y = F.gelu(f(g(x), (1, 2)), approximate="tanh") + h(x)'],
    ["F.gelu( x , )", 'F.gelu( x, approximate="tanh")'],
    ["nn.functional.gelu()", 'nn.functional.gelu(approximate="tanh")'],
  ])("%s goes to that call, whatever calls stand in it and around it", (line, expected) => {
    expect(added(line)).toBe(expected);
  });

  it("is not added where the call goes on in the next line, or where there are two", () => {
    expect(added("x = F.gelu(")).toBeNull();
    expect(added("x = F.gelu(a) + F.gelu(b)")).toBeNull();
  });
});

it("a keyword that the line has is set, not given twice", () => {
  const replacements = [setKeyword("approximate", '"tanh"'), ...addKeyword("gelu", "approximate", '"tanh"')];
  const after = (line: string) => makeRewrite({ source, replacements }, () => line)?.after;
  expect(after('y = F.gelu(x, approximate="none")')).toBe('y = F.gelu(x, approximate="tanh")');
  expect(after("y = F.gelu(x)")).toBe('y = F.gelu(x, approximate="tanh")');
});
