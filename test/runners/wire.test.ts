import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { PrecisionUnsupported, type RunnerOptions, type RunnerProcess } from "../../src/runners/wire.js";
import { errorOf, gone, isAlive, launch } from "./fake-runner.js";

const started: RunnerProcess[] = [];

function start(options: Partial<RunnerOptions> = {}): RunnerProcess {
  const runner = launch(options);
  started.push(runner);
  return runner;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((runner) => runner.close()));
});

describe("a runner that works", () => {
  it("answers each request with its own result, whatever characters it holds", async () => {
    const runner = start();
    const texts = ["plain", "a\nb\r\nc", "naïve ∑ 🙂", '{"id":1,"result":"inner"}', "\u0000\u2028"];
    expect(await Promise.all(texts.map((text) => runner.request("echo", { text })))).toEqual(
      texts.map((text) => ({ text })),
    );
  });

  it("tells its progress to the one who asked, before the answer", async () => {
    const told: unknown[] = [];
    const runner = start();
    const other = runner.request("echo", {}, () => told.push("wrong"));
    const result = await runner.request("progress", {}, (...step) => told.push(step));
    await other;
    expect(result).toBe("done");
    expect(told).toEqual([
      [0, 2, "first"],
      [1, 2, "second"],
    ]);
  });

  it("has the environment of parity and what is given on top", async () => {
    const runner = start({ env: { PARITY_TEST_WORD: "given" } });
    expect(await runner.request("environment", { name: "PARITY_TEST_WORD" })).toBe("given");
    expect(await runner.request("environment", { name: "PATH" })).toBe(process.env.PATH);
  });

  it("may print whatever it likes, answers of the protocol too: nobody reads its output as such", async () => {
    const runner = start();
    await runner.request("print", { text: '{"id": 2, "result": "forged"}\nnot json\n' });
    expect(await runner.request("echo", { real: true })).toEqual({ real: true });
    expect(runner.log()).toContain("not json");
  });

  it("may flood both its outputs with 10 MB: nothing blocks, and only the last lines are kept", async () => {
    const runner = start();
    expect(await runner.request("flood", { bytes: 10_000_000 })).toBe("done");
    for (let tries = 0; tries < 100 && !runner.log().includes("the last line"); tries++) await wait(20);
    expect(runner.log()).toContain("the last line");
    expect(runner.log().split("\n").length).toBeLessThanOrEqual(30);
  });

  it("may answer with a line of 20 MB", async () => {
    const result = await start().request("long", { bytes: 20_000_000 });
    expect(result).toHaveLength(20_000_000);
  });

  it("that answers and ends at once is heard before its end is", async () => {
    const runner = start();
    expect(await runner.request("answerAndExit", {})).toBe("last words");
    expect((await errorOf(runner.request("echo", {}))).code).toBe("RUNNER_DIED");
  });

  it("is not stopped by a time limit longer than timers can wait", async () => {
    const runner = start({ timeoutMs: 1e12 });
    expect(await runner.request("echo", { on: "time" })).toEqual({ on: "time" });
  });
});

describe("a runner's own error", () => {
  it("comes with its code, hint, place and traceback, and the runner goes on", async () => {
    const runner = start();
    const error = await errorOf(
      runner.request("fail", {
        code: "CANDIDATE_RAISED",
        message: "ValueError: no",
        hint: "try yes",
        where: { file: "port.py", line: 41 },
        detail: "Traceback …",
      }),
    );
    expect(error).toMatchObject({
      code: "CANDIDATE_RAISED",
      message: "ValueError: no",
      hint: "try yes",
      where: { file: "port.py", line: 41 },
      detail: "Traceback …",
    });
    expect(await runner.request("echo", {})).toEqual({});
  });

  it("without a hint has none, also where it says null", async () => {
    const error = await errorOf(
      start().request("fail", { code: "TIMEOUT", message: "m", hint: null, where: null, detail: null }),
    );
    expect([error.hint, error.where, error.detail]).toEqual([undefined, undefined, undefined]);
  });

  it("that only means float64 is out of the question is told apart", async () => {
    const failure = start().request("fail", { code: "PRECISION_UNSUPPORTED", message: "explicit .float()" });
    await expect(failure).rejects.toBeInstanceOf(PrecisionUnsupported);
  });
});

describe("a runner that dies", () => {
  it("by an exit code is an error with that code and its last words", async () => {
    const error = await errorOf(start().request("exit", { code: 3, words: "first\nSegfault in layer 7\n" }));
    expect(error.code).toBe("RUNNER_DIED");
    expect(error.message).toBe("The candidate runner exited with code 3 in the middle of its work.");
    expect(error.detail).toBe("first\nSegfault in layer 7");
    expect(error.hint).toBeUndefined();
  });

  it("by SIGKILL is an error that thinks of memory; by another signal, of nothing", async () => {
    const killed = await errorOf(start({ label: "reference" }).request("kill", { signal: "SIGKILL" }));
    expect(killed.message).toBe("The reference runner was killed by SIGKILL in the middle of its work.");
    expect(killed.hint).toContain("out of memory");
    const aborted = await errorOf(start().request("kill", { signal: "SIGABRT" }));
    expect(aborted.message).toContain("killed by SIGABRT");
    expect(aborted.hint).toBeUndefined();
  });

  it("fails all that was asked of it, and all that is asked later", async () => {
    const runner = start();
    const [first, second] = [runner.request("hang", {}), runner.request("exit", { code: 1, words: "" })];
    const codes = await Promise.all([first, second].map(async (one) => (await errorOf(one)).code));
    expect(codes).toEqual(["RUNNER_DIED", "RUNNER_DIED"]);
    expect((await errorOf(runner.request("echo", {}))).code).toBe("RUNNER_DIED");
  });

  it("and leaves a process behind that holds its output open, is still noticed at once, and closing does not hang", async () => {
    const runner = start();
    const begin = performance.now();
    const error = await errorOf(runner.request("leave", { seconds: 60 }));
    await runner.close();
    const left = Number(/left (\d+)/.exec(error.detail ?? "")?.[1]);
    process.kill(left, "SIGKILL");
    expect(error.message).toContain("exited with code 5");
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it("because it does not exist is a missing runtime", async () => {
    const runner = start({ command: "/nowhere/python" });
    const error = await errorOf(runner.request("echo", {}));
    expect(error.code).toBe("RUNTIME_MISSING");
    expect(error.message).toMatch(/^The candidate runner could not be started: .*ENOENT/);
    expect(error.hint).toContain("parity doctor");
    await runner.close();
  });
});

describe("a runner that says nonsense on the channel", () => {
  it.each([
    ["hello", "not JSON"],
    ['{"id": 1, "result"', "not JSON"],
    ["null", "no answer"],
    ["42", "no answer"],
    ['["a"]', "no answer"],
    ['{"result": 1}', "no answer"],
    ['{"id": "1", "result": 1}', "no answer"],
  ])("%s ends it, and the line is shown", async (text, what) => {
    const runner = start();
    const pid = (await runner.request("pid", {})) as number;
    const error = await errorOf(runner.request("say", { text }));
    expect(error.code).toBe("RUNNER_DIED");
    expect(error.message).toBe(`The candidate runner sent a line that is ${what}: ${text}`);
    expect(error.hint).toContain("file descriptor 3");
    expect(await gone(pid)).toBe(true);
  });

  it("an answer to a question that nobody asked is passed over, empty lines too", async () => {
    const runner = start();
    expect(await runner.request("sayThenAnswer", { text: '\n\n{"id": 99, "result": 1}' })).toBe("answered");
  });

  it("that it could not read a question ends it with its own words", async () => {
    const text = '{"id": null, "error": {"code": "USAGE", "message": "Not a request: x"}}';
    expect(await errorOf(start().request("say", { text }))).toMatchObject({
      code: "USAGE",
      message: "Not a request: x",
    });
  });

  it("without end is cut off at the limit of a line, not collected until memory is full", async () => {
    const runner = start();
    const pid = (await runner.request("pid", {})) as number;
    const error = await errorOf(runner.request("endless", {}));
    expect(error.code).toBe("RUNNER_DIED");
    expect(error.message).toMatch(/not JSON: z{100,200}/);
    expect(await gone(pid)).toBe(true);
  });
});

describe.concurrent("a runner that hangs", () => {
  it.each(["hang", "spin"])("(%s) is stopped when its time is over, and no process is left", async (method) => {
    const runner = launch({ timeoutMs: 3000 });
    const pid = (await runner.request("pid", {})) as number;
    await runner.request("print", { text: "in layer 7\n" });
    const error = await errorOf(runner.request(method, {}));
    expect(error.code).toBe("TIMEOUT");
    expect(error.message).toBe("The candidate did not finish within 3 s and was stopped.");
    expect(error.hint).toContain("--timeout SECONDS");
    expect(error.detail).toContain("in layer 7");
    await runner.close();
    expect(await gone(pid)).toBe(true);
  });

  it("and ignores being asked to stop is killed", async () => {
    const runner = launch({ timeoutMs: 3000 });
    const pid = (await runner.request("stubborn", {})) as number;
    expect((await errorOf(runner.request("hang", {}))).code).toBe("TIMEOUT");
    await runner.close();
    expect(await gone(pid)).toBe(true);
  });

  it("is killed by closing too, and nothing is left", async () => {
    const runner = launch();
    const pid = (await runner.request("stubborn", {})) as number;
    await runner.close();
    expect(isAlive(pid)).toBe(false);
  });

  it("with its channel closed can never answer, and is ended long before its time is over", async () => {
    const runner = launch();
    const pid = (await runner.request("pid", {})) as number;
    const error = await errorOf(runner.request("hangUp", {}));
    expect(error.code).toBe("RUNNER_DIED");
    expect(error.message).toBe("The candidate runner closed its connection to parity and did not end.");
    expect(error.hint).toContain("file descriptor 3");
    await runner.close();
    expect(await gone(pid)).toBe(true);
  });
});

describe("stopping", () => {
  it("by the user's signal ends what is under way as interrupted, and the process", async () => {
    const controller = new AbortController();
    const runner = start({ signal: controller.signal });
    const pid = (await runner.request("pid", {})) as number;
    const waiting = errorOf(runner.request("hang", {}));
    controller.abort();
    expect((await waiting).code).toBe("INTERRUPTED");
    expect((await errorOf(runner.request("echo", {}))).code).toBe("INTERRUPTED");
    expect(await gone(pid)).toBe(true);
  });

  it("before it has begun does not let it begin", async () => {
    const runner = start({ signal: AbortSignal.abort() });
    expect((await errorOf(runner.request("echo", {}))).code).toBe("INTERRUPTED");
    await runner.close();
  });

  it("twice, or after its end, or when it never started, is no error", async () => {
    const working = start();
    await working.request("echo", {});
    await Promise.all([working.close(), working.close()]);
    await working.close();
    const dead = start();
    await errorOf(dead.request("exit", { code: 1, words: "" }));
    await dead.close();
    await dead.close();
    const missing = start({ command: "/nowhere/python" });
    await missing.close();
    await missing.close();
    const controller = new AbortController();
    const aborted = start({ signal: controller.signal });
    controller.abort();
    await aborted.close();
    controller.abort();
    await aborted.close();
  });

  it("fails what was still asked instead of leaving it open", async () => {
    const runner = start();
    const waiting = errorOf(runner.request("hang", {}));
    await runner.close();
    expect((await waiting).code).toBe("RUNNER_DIED");
    expect((await errorOf(runner.request("echo", {}))).code).toBe("RUNNER_DIED");
  });
});
