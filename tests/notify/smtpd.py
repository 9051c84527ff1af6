"""A mail server for the tests: aiosmtpd, made to misbehave as it is told.

Prints its port, then one JSON object for each message that it took, parsed by Python's own library of mail.
Options: --tls FILE (implicit), --starttls FILE (certificate and key in one PEM), --user NAME --password WORD,
--refuse STEP=CODE[:TIMES] (connect, mail, ADDRESS, data, message), --hang STEP, --drop STEP.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def told(text):
    print(text, flush=True)


def read(raw):
    """A message as its readers see it."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_content()
        parts.append({
            "type": part.get_content_type(),
            "name": part.get_filename(),
            "text": content if isinstance(content, str) else None,
            "bytes": len(part.get_payload(decode=True)),
        })
    headers = [[name, str(value)] for name, value in message.items()]
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    return {"headers": headers, "parts": parts, "defects": defects, "kind": message.get_content_type()}


class Server(SMTP):
    def __init__(self, options, faults, *args, **more):
        super().__init__(*args, **more)
        self.options, self.faults = options, faults

    async def misbehave(self, step):
        """What is wrong with this step: an answer, or nothing."""
        if step == self.options.hang:
            await asyncio.sleep(3600)
        if step == self.options.drop:
            self.transport.abort()
            raise ConnectionResetError(step)
        code = self.faults.get(step)
        if code is None or code[1] == 0:
            return None
        code[1] -= 1
        return f"{code[0]} told to refuse {step}"

    async def _handle_client(self):
        try:
            if answer := await self.misbehave("connect"):
                await self.push(answer)
                self.transport.close()
                return
            await super()._handle_client()
        except ConnectionResetError:
            pass

    async def stepped(self, step, go_on):
        if answer := await self.misbehave(step):
            return await self.push(answer)
        return await go_on

    async def smtp_EHLO(self, arg):
        await self.stepped("ehlo", super().smtp_EHLO(arg))

    async def smtp_STARTTLS(self, arg):
        await self.stepped("starttls", super().smtp_STARTTLS(arg))

    async def smtp_AUTH(self, arg):
        await self.stepped("auth", super().smtp_AUTH(arg))

    async def smtp_MAIL(self, arg):
        await self.stepped("mail", super().smtp_MAIL(arg))

    async def smtp_RCPT(self, arg):
        address = arg.split("<", 1)[-1].split(">", 1)[0]
        step = address if address in self.faults else "rcpt"
        await self.stepped(step, super().smtp_RCPT(arg))

    async def smtp_DATA(self, arg):
        await self.stepped("data", super().smtp_DATA(arg))

    async def smtp_QUIT(self, arg):
        await self.stepped("quit", super().smtp_QUIT(arg))


class Handler:
    async def handle_DATA(self, server, session, envelope):
        answer = await server.misbehave("message")
        # A server that loses the connection here may have taken the message or not; this one has.
        if answer:
            return answer
        message = read(envelope.content)
        message.update({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "raw": envelope.content.decode("latin-1"),
        })
        told(json.dumps(message))
        if server.options.drop == "taken":
            server.transport.abort()
        return "250 taken"


def context(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def main():
    parser = argparse.ArgumentParser()
    for name in ("tls", "starttls", "user", "password", "hang", "drop"):
        parser.add_argument("--" + name)
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    faults = {}
    for text in options.refuse:
        step, answer = text.split("=")
        code, _, times = answer.partition(":")
        faults[step] = [code, int(times or -1)]

    def sign_in(server, session, envelope, mechanism, login):
        good = isinstance(login, LoginPassword) and (login.login.decode(), login.password.decode()) == (
            options.user, options.password)
        # An unkind server that repeats what it was sent.
        return AuthResult(success=good, handled=good, auth_data=login,
                          message=None if good else f"535 5.7.8 no: {login.login.decode()} {login.password.decode()}")

    def server():
        more = {}
        if options.starttls:
            more.update(tls_context=context(options.starttls), require_starttls=True)
        if options.user:
            more.update(authenticator=sign_in, auth_required=True, auth_require_tls=bool(options.starttls))
        return Server(options, faults, Handler(), hostname="mail.test", loop=asyncio.get_running_loop(), **more)

    loop = asyncio.get_running_loop()
    tls = context(options.tls) if options.tls else None
    listening = await loop.create_server(server, "127.0.0.1", options.port, ssl=tls)
    told(listening.sockets[0].getsockname()[1])
    await listening.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
