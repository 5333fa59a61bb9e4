import { defineConfig } from "parity";

export default defineConfig({
  name: "gpt2-tiny",
  reference: "models/tiny/model.ckpt",
  candidate: "port.py:build",
  inputs: {
    text: "A port is right when nobody can tell the two models apart.",
    generate: true,
  },
});
