/** Up to this difference of two logits (after centring) the divergence is summed term by term; beyond it, from the definition. */
const CLOSE = 0.5;

/**
 * Kullback–Leibler divergence KL(p ‖ q) in nats of p = softmax(reference), q = softmax(candidate), in float64.
 *
 * For close rows, the definition's Σ p·(log p − log q) is a small difference of large numbers. With d = candidate − reference
 * less its mean under p, the same number is log(1 + Σ p·(eᵈ − 1 − d)): every term is ≥ 0, and nothing cancels.
 *
 * @returns Infinity where q is 0 and p is not; NaN when a row holds NaN or +Infinity, or nothing but −Infinity
 */
export function divergence(reference: Float64Array, candidate: Float64Array): number {
  const size = reference.length;
  const top = largest(reference);
  if (!Number.isFinite(top) || !Number.isFinite(largest(candidate))) return Number.NaN;
  const weights = new Float64Array(size);
  let total = 0;
  let mean = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const r = reference[i] ?? 0;
    const c = candidate[i] ?? 0;
    const weight = Math.exp(r - top);
    // Ruled out on both sides: no difference there.
    const difference = r === c ? 0 : c - r;
    weights[i] = weight;
    total += weight;
    mean += weight * difference;
    if (difference < lowest) lowest = difference;
    if (difference > highest) highest = difference;
  }
  if (!(highest - lowest <= CLOSE)) return fromDefinition(reference, candidate, weights, total);
  mean /= total;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const r = reference[i] ?? 0;
    const c = candidate[i] ?? 0;
    sum += (weights[i] ?? 0) * expBeyondLinear((r === c ? 0 : c - r) - mean);
  }
  return Math.log1p(sum / total);
}

/** NaN if there is one, else the largest number. */
function largest(row: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? 0;
    if (value > top) top = value;
    else if (Number.isNaN(value)) return value;
  }
  return top;
}

/** eˣ − 1 − x to 13 digits: the Taylor series where the subtraction would cancel. */
function expBeyondLinear(x: number): number {
  if (Math.abs(x) >= 0.01) return Math.expm1(x) - x;
  return ((x * x) / 2) * (1 + (x / 3) * (1 + (x / 4) * (1 + (x / 5) * (1 + (x / 6) * (1 + x / 7)))));
}

function fromDefinition(
  reference: Float64Array,
  candidate: Float64Array,
  weights: Float64Array,
  total: number,
): number {
  const top = largest(reference);
  const candidateTop = largest(candidate);
  let candidateTotal = 0;
  for (let i = 0; i < candidate.length; i++) candidateTotal += Math.exp((candidate[i] ?? 0) - candidateTop);
  const logTotal = Math.log(total);
  const candidateLogTotal = Math.log(candidateTotal);
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    const logP = (reference[i] ?? 0) - top - logTotal;
    const logQ = (candidate[i] ?? 0) - candidateTop - candidateLogTotal;
    sum += (weight / total) * (logP - logQ);
  }
  return Math.max(0, sum);
}
