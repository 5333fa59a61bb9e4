import type { VariableKind } from "./types.js";

/** A name and what is needed to tell what it is for. */
export interface Named {
  readonly name: string;
  readonly key: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface Classified {
  readonly kind: VariableKind;
  /** The variable that it belongs to. */
  readonly of: string | null;
}

/** Scalars and states that training keeps beside the weights, by the last part of their names. */
const BOOKKEEPING =
  /^(global_step|step|steps|save_counter|iter|iterations?|epoch|num_updates|learning_rate|lr|decay|beta_?[12](_power)?|rho|momentum|epsilon|_current_learning_rate|good_steps|current_loss_scale|loss_scale|num_batches_tracked|seed_generator_state|_checkpointable_object_graph)$/i;

/** Parts of a path that hold an optimizer's own variables. */
const OPTIMIZER_SCOPE = /^(optimizers?|optimizer_(weights|states?|state_dict)|opt_state)$/i;

/** What TF1's, BERT's, T5's and Adafactor's optimizers put behind a variable's name. */
const SLOT =
  /^(?:\/|_)(adam(_\d+)?|adam_[mv]|adamw(_\d+)?|adamax(_\d+)?|nadam(_\d+)?|lamb(_\d+)?|momentum|rmsprop(_\d+)?|rmsprop_momentum|adagrad|adadelta(_\d+)?|ftrl(_\d+)?|lars|lazyadam(_\d+)?|slot_(m|v|vr|vc)|m|v|vhat|exp_avg(_sq)?|momentum_buffer|velocity)$/i;

const AVERAGE = /^\/(exponentialmovingaverage|moving_?average|ema|average)$/i;
const AVERAGE_SCOPE = /^(ema|ema_model|model_ema|ema_params|averaged_model|swa_model)$/i;

const STATISTIC = /^(moving_(mean|variance|var)|running_(mean|var|variance)|population_(mean|variance))$/i;

/**
 * What each tensor of a file is for, by names alone. A slot or moving average is one only where the variable that it would belong
 * to is there, too, so that a parameter that happens to be called `m` stays one.
 */
export function classifyVariables(variables: readonly Named[]): Classified[] {
  const names = new Set(variables.map((one) => one.name));
  return variables.map((one) => classify(one, names));
}

function classify({ name, key, dtype, shape }: Named, names: ReadonlySet<string>): Classified {
  if (dtype === "string") return { kind: "bookkeeping", of: null };
  const slotted = /^(.*)\/\.OPTIMIZER_SLOT\//.exec(key);
  if (slotted?.[1] !== undefined) return { kind: "slot", of: baseOf(name, names) ?? slotted[1] };
  const parts = name.split(/[/.]/);
  const leaf = (parts.at(-1) ?? "").replace(/:\d+$/, "");
  const scalar = shape.length === 0 || shape.every((size) => size === 1);
  // Keras' optimizer holds the model's variables themselves, too, and the shortest path to them may lead through it.
  const isOptimizers = parts.slice(0, 2).some((part) => OPTIMIZER_SCOPE.test(part)) || key.startsWith("optimizer/");
  if (isOptimizers && !key.includes("/_trainable_variables/")) {
    return { kind: scalar ? "bookkeeping" : "slot", of: null };
  }
  // Keras keeps the totals and counts of its metrics in SavedModels.
  if (/^keras_api\/metrics\//.test(name)) return { kind: "bookkeeping", of: null };
  if (BOOKKEEPING.test(leaf) && (scalar || !/^(epsilon|momentum|decay)$/i.test(leaf))) {
    return { kind: "bookkeeping", of: null };
  }
  const slot = strip(name, SLOT, names);
  if (slot !== null) return { kind: "slot", of: slot };
  const average = strip(name, AVERAGE, names) ?? inAverageScope(name, names);
  if (average !== null) return { kind: "average", of: average };
  return { kind: STATISTIC.test(leaf) ? "statistic" : "parameter", of: null };
}

/** `model/w/Adam` → `model/w`, also where the whole optimizer lies in a scope (`train/model/w/Adam`). */
function strip(name: string, suffix: RegExp, names: ReadonlySet<string>): string | null {
  for (let at = name.length - 1; at > 0; at -= 1) {
    if (name[at] !== "/" && name[at] !== "_") continue;
    if (!suffix.test(name.slice(at))) continue;
    const found = baseOf(name.slice(0, at), names);
    if (found !== null) return found;
  }
  return null;
}

function baseOf(name: string, names: ReadonlySet<string>): string | null {
  for (let at = 0; ; ) {
    const rest = name.slice(at);
    if (names.has(rest)) return rest;
    const next = name.indexOf("/", at);
    if (next === -1) return null;
    at = next + 1;
  }
}

/** `ema.h.0.weight` where there is an `h.0.weight`, bare or under another first word. */
function inAverageScope(name: string, names: ReadonlySet<string>): string | null {
  const [, scope, rest] = /^([^/.]+)[/.](.*)$/.exec(name) ?? [];
  if (scope === undefined || rest === undefined || !AVERAGE_SCOPE.test(scope)) return null;
  const partners = [rest, `model.${rest}`, `model/${rest}`, `state_dict.${rest}`, `model_state_dict.${rest}`];
  return partners.find((one) => names.has(one)) ?? null;
}
