"""The TLS face of a PostgreSQL that was built without TLS; like RDS it refuses plain text."""

import socket
import ssl
import struct
import threading

import trustme

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)


def refuse(client, text):
    body = b"SFATAL\0C28000\0M" + text.encode() + b"\0\0"
    client.sendall(b"E" + struct.pack("!i", len(body) + 4) + body)
    client.close()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class TlsProxy:
    """Listens on a port of its own, or at `address`, as `name`; `refuse_tls` makes it a server without TLS."""

    def __init__(self, target, address=("127.0.0.1", 0), name="localhost"):
        self.target = target
        self.refuse_tls = False
        authority = trustme.CA()
        self.roots = authority.cert_pem.bytes().decode()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self.context)
        self.listener = socket.create_server(address)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            first = client.recv(8, socket.MSG_WAITALL)
            while first == GSS_REQUEST:
                client.sendall(b"N")
                first = client.recv(8, socket.MSG_WAITALL)
            if first != SSL_REQUEST:
                return refuse(client, 'no pg_hba.conf entry for host "127.0.0.1", no encryption')
            if self.refuse_tls:
                client.sendall(b"N")
                return client.close()
            client.sendall(b"S")
            client = self.context.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return client.close()
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        pump(server, client)

    def stop(self):
        # closing alone leaves the port to the thread that waits in `accept`
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
