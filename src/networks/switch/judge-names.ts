/** Who answers a guest that asks for a name: the switch, the host, or nobody. */
import { udpAnswer } from "./build.ts";
import type { Frame, Packet } from "./frame.ts";
import type { Verdict } from "./judge.ts";
import { encodeAnswer, encodeOwn, lookUp, readQuery } from "./names.ts";
import type { Query } from "./names.ts";
import type { Port } from "./table.ts";

/** Where systemd-resolved asks its neighbours for names without a dot. */
export const llmnrPort = 5355;
const udpBytes = 8;

/** Undefined: it is no query that can be read, or it is one for the sisters themselves. */
export function judgeNames(packet: Packet, frame: Frame, from: Port): Verdict | undefined {
  const query = readQuery(frame.bytes.subarray(packet.content + udpBytes, packet.end));
  if (!query) return undefined;
  const isOwnWay = packet.ports?.destination === llmnrPort;
  return isOwnWay ? answerNeighbour(query, packet, frame, from) : answerServer(query, packet, frame, from);
}

function answerServer(query: Query, packet: Packet, frame: Frame, from: Port): Verdict {
  const known = lookUp(query, from);
  if (known !== "elsewhere") return { to: "guest", answer: udpAnswer(frame, packet, encodeAnswer(query, known)) };
  if (from.outside === "all") return { to: "network" };
  if (from.outside.names.has(query.name)) return { to: "resolver", frame, packet, query };
  const answer = udpAnswer(frame, packet, encodeAnswer(query, "missing"));
  return { to: "nobody", refused: { destination: query.name, protocol: "dns" }, answer };
}

/** As if the sister had answered, who has the name. */
function answerNeighbour(query: Query, packet: Packet, frame: Frame, from: Port): Verdict | undefined {
  const known = lookUp(query, from);
  const sister = from.segment.byName.get(query.name);
  if (!sister || sister === from || typeof known === "string") return undefined;
  return { to: "guest", answer: udpAnswer(frame, packet, encodeOwn(query, known), sister) };
}
