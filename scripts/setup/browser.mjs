import { existsSync } from "node:fs";
import { findProgram } from "./find-program.mjs";
import { runChild } from "./run-child.mjs";
import { SetupStop } from "./stop.mjs";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Only the tests of the report page need a browser.
 * @type {import("./types.mjs").Step}
 */
export const browser = {
  name: "Chromium",

  missing() {
    return findProgram(...PROGRAMS) === null ? "the tests of the report page need it" : null;
  },

  async install(show) {
    const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version") && findProgram("apt-get") !== null;
    if (!canInstall) {
      throw new SetupStop(
        "Chromium was not found; the tests of the report page need it.",
        "On Debian: apt-get install chromium. Elsewhere install Chromium or Chrome, so that one of these is in PATH: " +
          PROGRAMS.join(", "),
      );
    }
    const options = {
      env: { DEBIAN_FRONTEND: "noninteractive" },
      failed: "apt-get could not install Chromium",
      hint: "Install it by hand: apt-get install chromium",
      show,
    };
    await runChild("apt-get", ["update"], { ...options, log: "apt-update" });
    await runChild("apt-get", ["install", "--yes", "--no-install-recommends", "chromium"], {
      ...options,
      log: "apt-install",
    });
    if (findProgram(...PROGRAMS) === null) throw new SetupStop("apt-get brought no Chromium.", options.hint);
  },
};
