/** The elements that are kept of a tensor, and the figures of its channels, as tensors of their own in the same file. */
export function sampleOf(tensor: string): string {
  return `${tensor}#sample`;
}

export function channelsOf(tensor: string): string {
  return `${tensor}#channels`;
}
