/** Constants that client and server share, apart from the schemas so that a light client need not load those. */

/** Raised when client and daemon could misunderstand each other. */
export const protocolVersion = 2;
/** Largest JSON request body. Bytes travel in frames instead (bytes.ts). */
export const bodyBytesMax = 1 << 20;
/** Value of `Upgrade:` in a request for frames. */
export const framesProtocol = "strata-frames";
/** The subprotocol of a WebSocket whose binary messages carry frames: how a page opens them. The other one it names is a ticket. */
export const framesSubprotocol = "strata.frames.v1";
export const ticketPrefix = "ticket.";
export const versionHeader = "strata-version";
export const protocolHeader = "strata-protocol";
/** Says that the client has greeted the daemon, and heard what it had to say. */
export const greetedHeader = "strata-greeted";
/** Code of the answer to an upgrade without a greeting, from a daemon that wants one. */
export const greetingNeededCode = "greeting-needed";
/** Where a daemon serves the document of its API. */
export const openApiPath = "/v1/openapi.json";
/** Type of an answer that is a stream. */
export const streamType = "application/x-ndjson";
