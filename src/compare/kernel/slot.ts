/** Adds to a float64 slot of the state. */
export function addTo(slot: i32, value: f64): void {
  store<f64>(slot, load<f64>(slot) + value);
}

/** Adds with the rounding error kept in the next slot (Neumaier's summation), so that the order hardly matters. */
export function addExactly(slot: i32, value: f64): void {
  const sum = load<f64>(slot);
  const next = sum + value;
  const lost = abs(sum) >= abs(value) ? sum - next + value : value - next + sum;
  store<f64>(slot, next);
  addTo(slot + 8, lost);
}

/** The sum of both lanes. */
export function total(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
