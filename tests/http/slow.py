"""Slow clients: N of them, each of which sends or reads a byte now and then.

    slow.py URL COUNT

Every connection must be closed by the server within 11 seconds where headers drip, and
others must be answered meanwhile. Speaks TAP; figures are on comment lines.
"""

import resource
import select
import socket
import sys
import time
import urllib.parse

REQUEST = b"GET /search?q=persona HTTP/1.1\r\nHost: localhost\r\nX-Drip: " + b"a" * 4000


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    address, wanted = (url.hostname, url.port), int(sys.argv[2])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, wanted + 100)), hard))
    poll, drips, ages, took = select.poll(), {}, [], []
    for i in range(wanted):
        s = socket.create_connection(address, timeout=5)
        s.setblocking(False)
        # A third says nothing at all, a third begins a request after another was answered.
        if i % 3 == 2:
            s.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        drips[s.fileno()] = [s, time.monotonic(), 0, i % 3]
        poll.register(s, select.POLLIN | select.POLLHUP)
    began = time.monotonic()
    while drips and time.monotonic() - began < 30:
        for fd, event in poll.poll(200):
            s, born, _, kind = drips[fd]
            try:
                data = s.recv(65536)
            except OSError:
                data = b""
            if not data:
                ages.append(time.monotonic() - born)
                poll.unregister(fd)
                del drips[fd]
                s.close()
        now = time.monotonic()
        for fd, drip in drips.items():
            if drip[3] and now - began > drip[2] * 0.5:
                try:
                    drip[0].send(REQUEST[drip[2] : drip[2] + 1])
                    drip[2] += 1
                except OSError:
                    pass
        start = time.monotonic()
        with socket.create_connection(address, timeout=5) as s:
            s.sendall(b"GET /search?q=persona HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while part := s.recv(65536):
                answer += part
        took.append((time.monotonic() - start, answer.startswith(b"HTTP/1.1 200")))
    ages.sort()
    times = sorted(t for t, _ in took)
    if ages:
        print(f"# {len(ages)} of {wanted} closed, after {ages[0]:.1f} to {ages[-1]:.1f} s")
    print(f"# others: {len(times)} answers, median {times[len(times) // 2] * 1000:.1f} ms, "
          f"p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms")
    fine = [not drips and ages[-1] < 11, all(right for _, right in took)]
    for number, (good, name) in enumerate(zip(fine, [f"{wanted} slow connections are closed within 11 s",
                                                     "others are answered meanwhile"]), 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    print("1..2")
    sys.exit(not all(fine))


main()
