/** Messages for the system's log in the form that every syslog takes from /dev/log (RFC 3164): one datagram each. Linux only. */
import { sendDatagram } from "./datagram.ts";

export const syslogSocket = "/dev/log";

/** Facility "log audit" (13), severity "notice" (5). */
const priority = 13 * 8 + 5;
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (number: number, filler = "0"): string => String(number).padStart(2, filler);

/** Hands one message of one line over without waiting. Throws when nobody takes it. */
export function sendToSyslog(message: string, { now, pid }: { now: Date; pid: number }, socket = syslogSocket): void {
  const day = `${months[now.getMonth()]} ${two(now.getDate(), " ")}`;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((each) => two(each)).join(":");
  sendDatagram(socket, Buffer.from(`<${priority}>${day} ${time} strata[${pid}]: ${message}`), "syslog");
}
