#!/usr/bin/env python3
"""Verifies a strata event log: hashes, chain, segments, Merkle roots, seals. Python's standard library only.

verify.py [DIR]                 the log in DIR/log (this file's folder when not given)
verify.py --seal FILE [DIR]     ... and that it begins with the records of a seal kept elsewhere
verify.py --proof FILE          one record, as `strata audit prove` prints it
Prints one line of JSON; exit code 0: it holds, 1: it does not, 2: it cannot be read.
"""
import base64, hashlib, json, os, re, sys

NOTE = rb"([!-~]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\xe2\x80\x94 ([!-~]+) ([A-Za-z0-9+/]{91}=)\n"
LINE = re.compile(rb'\{"position":(\d+),.*,"durable":(\d+),"previous":"(.{64})","hash":"(.{64})"\}', re.S)

# Ed25519 (RFC 8032, section 6): points in extended coordinates.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(count, point):
    total = (0, 1, 1, 0)
    while count > 0:
        if count & 1:
            total = add(total, point)
        point, count = add(point, point), count >> 1
    return total

def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = point_of(bytes([0x58] + [0x66] * 31))

def is_signature(key, message, signature):
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0

# The Merkle tree of RFC 6962, as the roots of its full subtrees.
def sha(data):
    return hashlib.sha256(data).digest()

def grow(peaks, line):
    peaks.append((1, sha(b"\0" + line)))
    while len(peaks) > 1 and peaks[-2][0] == peaks[-1][0]:
        (size, left), (_, right) = peaks[-2:]
        peaks[-2:] = [(2 * size, sha(b"\1" + left + right))]

def root_of(peaks):
    root = peaks[-1][1] if peaks else sha(b"")
    for _, left in reversed(peaks[:-1]):
        root = sha(b"\1" + left + root)
    return root

# Seals: C2SP signed notes.
def parse_key(text):
    found = re.fullmatch(rb"([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})", text)
    data = base64.b64decode(found[3]) if found else b"?"
    good = data[0] == 1 and sha(found[1] + b"\n" + data)[:4].hex().encode() == found[2]
    return (found[1], data[1:]) if good else None

def is_sealed_by(note, key):
    if key is None or note[1] != key[0] or note[4] != key[0]:
        return False
    signed, text = base64.b64decode(note[5]), note[0][: note[0].index(b"\n\n") + 1]
    return base64.b64encode(signed) == note[5] and signed[:4] == sha(key[0] + b"\n\1" + key[1])[:4] and is_signature(key[1], text, signed[4:])

def read(path):
    with open(path, "rb") as file:
        return file.read()

def parse_seals(data):
    notes, at, whole = [], 0, re.compile(NOTE + rb"\n")
    while found := whole.match(data, at):
        notes.append((found[0], *found.groups(), at))
        at = found.end()
    rest = data[at:]
    torn = (not rest.endswith(b"\n\n") or b"\0" in rest) and not whole.search(rest)
    return notes, None if torn or not rest else at

def bad(kind, position):
    return {"ok": False, "kind": kind, "position": position}

def verify(folder, kept=None):
    """The log in folder/log: {"ok", "kind", "position"} of the first thing that is wrong, or {"ok", "events", "seals"}."""
    log = os.path.join(folder, "log")
    firsts = sorted(int(name[:12]) for name in os.listdir(log) if re.fullmatch(r"\d{12}\.jsonl", name))
    names = set(os.listdir(log))
    notes, broken = parse_seals(read(os.path.join(log, "seals")) if "seals" in names else b"")
    beside = read(os.path.join(log, "seal.pub")).removesuffix(b"\n") if "seal.pub" in names else None
    key = parse_key(beside) if beside is not None else None
    roots = {int(note[2]): None for note in notes + ([kept] if kept else [])}
    newest = max([int(n[2]) for n in notes if is_sealed_by(n, key)] + [0])
    position, previous, peaks, keys, log_id = 0, b"0" * 64, [], [], None
    for at, first in enumerate(firsts):
        following = firsts[at + 1] if at + 1 < len(firsts) else None
        if first > position + 1:
            return bad("log-incomplete", position + 1)
        fault, durable, start = None, 0, True
        *lines, rest = read(os.path.join(log, "%012d.jsonl" % first)).split(b"\n")
        for line in lines:
            if fault is None and following is not None and position >= following - 1:
                break
            parts = LINE.fullmatch(line)
            intact = parts is not None and sha(line[:-75]).hex().encode() == parts[4]
            durable = max(durable, int(parts[2])) if intact else durable
            if fault is not None:
                continue
            if start and intact:
                record = json.loads(line)
                own, tree = record["data"], record["data"].get("tree", {})
                good = record["type"] == "log.segment" and own["format"] == 1 and own["log"] == (log_id or own["log"])
                good = good and int(parts[1]) == first and parts[3] == previous == own["previous"].encode()
                if not good or tree["size"] != position or tree["root"] != root_of(peaks).hex():
                    return bad("log-chain-broken", first)
                log_id, start = own["log"], False
            if not intact:
                fault = "log-damaged"
            elif int(parts[1]) != position + 1 or parts[3] != previous:
                fault = "log-incomplete" if int(parts[1]) > position + 1 else "log-chain-broken"
            if fault is not None:
                continue
            position, previous = position + 1, parts[4]
            grow(peaks, line)
            roots.update({position: root_of(peaks)} if position in roots else {})
            if b'","type":"log.keyed","version":' in line[:90]:
                keys.append((position, json.loads(line)["data"]["key"].encode()))
        complete = following is not None and position >= following - 1
        fault = fault or ("log-damaged" if (rest or start) and not complete else None)
        if not complete and following is not None:
            return bad(fault or "log-incomplete", position + 1)
        if fault in ("log-incomplete", "log-chain-broken") or (fault and position < max(durable, newest)):
            return bad(fault, position + 1)
    proved, result = 0, None
    for note in notes:
        size, sealed = int(note[2]), base64.b64decode(note[3])
        named = [text for since, text in keys if since <= size]
        if not named or not is_sealed_by(note, parse_key(named[-1])):
            result = result or bad("seal-broken", proved + 1)
        elif size > position:
            result = result or bad("log-rolled-back", position + 1)
        elif roots[size] != sealed:
            result = result or bad("log-chain-broken", proved + 1)
        else:
            proved = max(proved, size)
    if broken is not None:
        result = result or bad("seal-broken", proved + 1)
    if beside is not None and beside != (keys[-1][1] if keys else None):
        result = result or bad("seal-broken", keys[-1][0] if keys else 1)
    if kept is not None and int(kept[2]) > position:
        result = result or bad("log-rolled-back", position + 1)
    elif kept is not None and roots[int(kept[2])] != base64.b64decode(kept[3]):
        result = result or bad("log-chain-broken", 1)
    return result or {"ok": True, "events": position, "seals": len(notes), "keys": len({text for _, text in keys})}

def verify_proof(proof):
    """Does the seal of a proof vouch for its line?"""
    note = re.fullmatch(NOTE, proof["seal"].encode())
    line, index, ranges = proof["line"].encode(), proof["position"] - 1, [(0, int(note[2]) if note else 0)]
    good = note and is_sealed_by(note, parse_key(proof["key"].encode())) and json.loads(line)["position"] == index + 1
    if not good or not 0 <= index < ranges[0][1]:
        return {"ok": False}
    sides, (low, high) = [], ranges[0]
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        sides.append(index < middle)
        low, high = (low, middle) if index < middle else (middle, high)
    root = sha(b"\0" + line)
    for is_left, other in zip(reversed(sides), map(bytes.fromhex, proof["path"])):
        root = sha(b"\1" + root + other) if is_left else sha(b"\1" + other + root)
    return {"ok": len(sides) == len(proof["path"]) and root == base64.b64decode(note[3])}

def main(words):
    if words[:1] == ["--proof"]:
        return verify_proof(json.loads(read(words[1])))
    kept, words = (re.fullmatch(NOTE, read(words[1])), words[2:]) if words[:1] == ["--seal"] else (None, words)
    return verify(words[0] if words else os.path.dirname(os.path.abspath(__file__)), kept)

if __name__ == "__main__":
    answer = main(sys.argv[1:])
    print(json.dumps(answer))
    sys.exit(0 if answer["ok"] else 1)
