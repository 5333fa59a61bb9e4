/** Runs `act` with a signal that Ctrl-C and SIGTERM abort. */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  // Not once(): execa's own listener kills the process when it finds that it is the only one left.
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    return await act(abort.signal);
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}
