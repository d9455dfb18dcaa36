/**
 * @internal
 */

/** Whether a host means this machine, and so its socket. */
export const isLocal = (host: string | undefined): boolean => host === undefined || host === "" || host === "localhost"
