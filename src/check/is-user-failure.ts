/** Failures of the user's model under changed conditions; anything else (time over, interrupted) ends the check. */
export function isUserFailure(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "CANDIDATE_RAISED" || error.code === "CANDIDATE_FAILED")
  );
}
