"""A company's network: every connection ends in its proxy, which signs for all hosts with a CA of its own and passes
what was asked on to the sandbox at argv[1]. Writes `ca.pem` into argv[2] and says its port."""

import re
import socket
import ssl
import subprocess
import sys
import threading

PORT, HOME = int(sys.argv[1]), sys.argv[2]
NAMES = "DNS:localhost,DNS:*.us-east-1.amazonaws.com,DNS:registry.example.test"


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=HOME, check=True, capture_output=True)


new = ["-newkey", "rsa:2048", "-nodes"]
authority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
openssl("req", "-x509", *new, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Example CA", *authority)
openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=proxy")
with open(f"{HOME}/ext", "w") as file:
    file.write(f"subjectAltName={NAMES}\nextendedKeyUsage=serverAuth\n")
signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"]
openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(f"{HOME}/server.pem", f"{HOME}/server.key")


def pump(come, go, head=False):
    try:
        while data := come.recv(65536):
            if head:
                # The sandbox answers to its own name alone.
                data = re.sub(rb"(?i)\r\nhost: [^\r\n]+", b"\r\nHost: 127.0.0.1:%d" % PORT, data)
            go.sendall(data)
    except OSError:
        pass
    for one in (come, go):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(raw):
    try:
        if raw.recv(8, socket.MSG_PEEK).startswith(b"CONNECT"):
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += raw.recv(65536)
            raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        come = tls.wrap_socket(raw, server_side=True)
    except OSError:
        return
    go = socket.create_connection(("127.0.0.1", PORT))
    threading.Thread(target=pump, args=(go, come), daemon=True).start()
    pump(come, go, head=True)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
