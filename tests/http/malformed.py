"""Sends a server what no client should send, and looks at what it makes of it.

    malformed.py URL [ROUNDS [SEED]]

First some 200 fixed requests: each is answered with one of the statuses that are right for it,
or the connection is closed; what follows in the same connection is never taken for a request
where the first one's end is in doubt. Then ROUNDS requests that were right and have been
damaged at random, cut into pieces at random: the server may say what it likes, but must
say or close, and live. Speaks TAP.
"""

import random
import socket
import sys
import urllib.parse

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /health?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
REFUSED = {400, 411, 413, 414, 417, 431, 501, 505}


def exchange(address, pieces, timeout=3.0):
    """All that comes back until the server closes or is silent."""
    got = b""
    with socket.create_connection(address, timeout=timeout) as s:
        try:
            for piece in pieces:
                s.sendall(piece)
            while True:
                part = s.recv(65536)
                if not part:
                    return got, True
                got += part
        except (socket.timeout, TimeoutError):
            return got, False
        except (ConnectionResetError, BrokenPipeError):
            return got, True


def statuses(got):
    return [int(line.split()[1]) for line in got.split(b"\r\n") if line.startswith(b"HTTP/1.") and len(line.split()) > 1]


def fixed():
    """(name, bytes, statuses that are right; None: closing without a word is right as well)"""
    get = b"GET /health HTTP/1.1\r\n"
    close = b"Connection: close\r\n\r\n"
    bad = REFUSED | {None}
    # libmicrohttpd reads a method as far as a NUL.
    yield "a NUL behind the method", b"GET\x00 /health HTTP/1.1\r\n" + HOST + close, {200, 405} | bad
    yield "nothing but an end of line", b"\r\n\r\n" + get + HOST + close, {200} | bad
    yield "no version (HTTP/0.9)", b"GET /health\r\n\r\n", bad
    for version in (b"HTTP/2.0", b"HTTP/9.9", b"HTTP/1", b"HTTP/1.", b"HTTP/x.y", b"HTTQ/1.1", b"HTTP/1.1x", b"http/1.1", b"HTTP/-1.1",
                    b"HTTP/11.1", b"HTTP/1.1 HTTP/1.1", b"ICY/1.1"):
        yield f"version {version!r}", b"GET /health " + version + b"\r\n" + HOST + close, {200} | bad
    for method in (b"get", b"G", b"GETT", b"", b"GE T", b"GET\t", b"\x00GET", b"\xff\xfe", b"A" * 5000, b"CONNECT", b"TRACE",
                   b"PRI", b"PROPFIND"):
        yield f"method {method[:12]!r}", method + b" /health HTTP/1.1\r\n" + HOST + close, {405} | bad
    for target in (b"health", b"*", b"http://localhost/health", b"localhost:80", b"/\x00health", b"/health\x00", b"/health\x01",
                   b"/health\x7f", b"/heal th", b"/health\t", b"/%", b"/%00", b"/%2e%2e/%2e%2e/etc/passwd", b"/../../etc/passwd",
                   b"//health", b"/health/", b"/health#x", b"/health?", b"/health?%", b"/health?a", b"/health?=", b"/health?&&&",
                   b"/health?" + b"&" * 3000, b"/" + b"a" * 7000, b"/" + b"a" * 20000, b"/search?q=" + b"%41" * 2000,
                   b"/search?q=" + b"(" * 3000, b"/search?q=" + b"%22" * 2000, b"/search?" + b"author=a&" * 800, b"/items/%ff",
                   b"/items/%00", b"/items/" + b"a" * 1025, b"/search?q=\xc3\xa4", b"/search?q=\xff", b"/\xff\xfe", b"\\health", b"/%c0%af"):
        yield f"target {target[:24]!r} ({len(target)})", b"GET " + target + b" HTTP/1.1\r\n" + HOST + close, {200, 404} | bad
    for lines in (b"", b"Host:\r\n", b"Host: a\r\nHost: b\r\n", b"Host localhost\r\n", b": x\r\n" + HOST, b" Host: localhost\r\n",
                  b"Host : localhost\r\n", HOST + b"X\r\n", HOST + b"X Y: z\r\n", HOST + b"X: a\r\n folded\r\n", HOST + b"X: \x00\r\n",
                  HOST + b"X\x00: a\r\n", HOST + b"X: \x01\x02\r\n", HOST + b"X: " + b"a" * 15000 + b"\r\n", HOST + b"X: a\r\n" * 1000,
                  HOST + b"X: a\n", b"Host: localhost\n", HOST + b"\rX: a\r\n", HOST + b"X: a\rY: b\r\n", HOST + b"\tX: a\r\n",
                  HOST + b"\xff\xfe: a\r\n", HOST + b"X: \xff\xfe\r\n", HOST + b"Expect: 100-continue\r\n", HOST + b"Expect: x\r\n",
                  HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n", HOST + b"Connection: " + b"x," * 3000 + b"\r\n",
                  HOST + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n", HOST + b"Range: bytes=0-0\r\n",
                  HOST + b"Range: bytes=-1,-1,-1\r\n", HOST + b"If-None-Match: " + b'"a",' * 3000 + b"\r\n", HOST + b"If-None-Match: W/\r\n",
                  HOST + b"Accept-Encoding: " + b"gzip," * 2000 + b"\r\n", HOST + b"Accept-Encoding: gzip;q=\r\n",
                  HOST + b"Accept-Encoding: ;;;,,,\r\n", HOST + b"Origin: \x80\r\n", HOST + b"X-Forwarded-For: ,,,,\r\n",
                  HOST + b"X-Forwarded-For: " + b"1.2.3.4," * 1500 + b"\r\n", HOST + b"Cookie: " + b"a=b;" * 3000 + b"\r\n"):
        yield f"lines {lines[:40]!r} ({len(lines)})", get + lines + b"Connection: close\r\n\r\n", {100, 200, 404} | bad
    # A body, or a doubt whether there is one: nothing behind it may be answered.
    for lines in (b"Content-Length: 5\r\n", b"Content-Length: 05\r\n", b"Content-Length: +5\r\n", b"Content-Length: 5, 5\r\n",
                  b"Content-Length: 5\r\nContent-Length: 5\r\n", b"Content-Length: 5\r\nContent-Length: 0\r\n",
                  b"Content-Length: -1\r\n", b"Content-Length: x\r\n", b"Content-Length: \r\n", b"Content-Length: 0x5\r\n",
                  b"Content-Length: 99999999999999999999\r\n", b"Content-Length: 18446744073709551616\r\n", b"Content-Length: 5 \r\n",
                  b"Content-Length : 5\r\n", b"Content-Length\t: 5\r\n", b"content-length:5\r\n", b"Transfer-Encoding: chunked\r\n",
                  b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
                  b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"Transfer-Encoding: xchunked\r\n",
                  b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b"Transfer-Encoding : chunked\r\n",
                  b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"Transfer-encoding: CHUNKED\r\n"):
        for method in (b"GET", b"HEAD", b"POST"):
            for body in (b"", b"0\r\n\r\n", b"hello"):
                yield (f"{method.decode()} {lines!r} before {body!r}",
                       method + b" /health HTTP/1.1\r\n" + HOST + lines + b"\r\n" + body + SMUGGLED, bad | {405})


def right(rng):
    path = rng.choice([b"/", b"/search?q=persona+mask&limit=3", b"/suggest?q=pe", b"/items/a%20b?context=3", b"/health", b"/aq-search.js",
                       b"/search?q=%22a+b%22+-c+author:x&facets=author,year&explain=1"])
    lines = rng.sample([b"Accept-Encoding: gzip, br;q=0.5", b"If-None-Match: W/\"1-1-0\", *", b"Origin: https://a.example",
                        b"X-Forwarded-For: 1.2.3.4, ::1", b"Connection: keep-alive", b"Content-Length: 0", b"Cookie: a=b"], 3)
    return rng.choice([b"GET", b"HEAD", b"OPTIONS"]) + b" " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n".join(lines) + b"\r\n\r\n"


def damaged(rng):
    data = bytearray(right(rng) + (right(rng) if rng.random() < 0.3 else b""))
    for _ in range(rng.randrange(1, 6)):
        at, what = rng.randrange(len(data) + 1), rng.random()
        if what < 0.3 and at < len(data):
            data[at] = rng.randrange(256)
        elif what < 0.5:
            data[at:at] = rng.choice([b"\r\n", b"\n", b"\0", b":", b" ", b"%", b"\xff", b"Content-Length: 3\r\n", b"&", b"?"])
        elif what < 0.7:
            del data[at:at + rng.randrange(1, 20)]
        elif what < 0.85:
            data[at:at] = bytes(data[max(0, at - 40):at]) * rng.randrange(1, 30)
        elif data:
            data = data[:max(1, at)]
    return bytes(data)


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    address = (url.hostname, url.port)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261126
    count = failed = 0

    def ok(fine, name, note=""):
        nonlocal count, failed
        count += 1
        failed += not fine
        print(f"{'ok' if fine else 'not ok'} {count} - {name}")
        if not fine:
            print(f"# {note!r}"[:500])

    for name, data, fine in fixed():
        got, closed = exchange(address, [data], 0.7)
        found = statuses(got)
        ok(all(f in fine for f in found) if found else None in fine, name, (found, closed, got[:200]))
    rng = random.Random(seed)
    print(f"# seed {seed}")
    for i in range(rounds):
        data = damaged(rng)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(3)))
        pieces = [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]
        try:
            exchange(address, pieces, 0.05)
        except OSError as error:
            ok(False, f"round {i}: the server takes connections", (error, data))
            break
    got, _ = exchange(address, [b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"])
    ok(statuses(got) == [200], f"it lives after {rounds} damaged requests", got)
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
