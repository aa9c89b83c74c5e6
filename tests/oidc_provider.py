"""A provider of OpenID Connect for tests, a process of its own over real HTTP, with keys of its own.

    python tests/oidc_provider.py CLIENT_ID CLIENT_SECRET

It prints its address and serves until it is killed. `POST /control` says who logs in next and what goes wrong.
"""

from __future__ import annotations

import sys
import time
from base64 import b64decode
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
NEXT_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})
FORGER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})


class Provider:
    """What is remembered: who logs in, which codes are out, what goes wrong."""

    def __init__(self, client: str, secret: str) -> None:
        self.client, self.secret = client, secret
        self.address = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []
        self.claims: dict[str, Any] = {}
        self.fault = ""
        self.keys = [KEY]

    def description(self) -> dict[str, Any]:
        return {
            "issuer": "https://other.example" if self.fault == "description" else self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": "http://elsewhere.example/token" if self.fault == "host" else f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self) -> ResponseReturnValue:
        asked = request.args
        sound = asked["client_id"] == self.client and asked["response_type"] == "code" and "openid" in asked["scope"].split()
        if not sound or asked["code_challenge_method"] != "S256" or not asked["code_challenge"] or not asked["state"]:
            return "bad request", 400
        if self.fault == "declined":
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
        code = f"code-{len(self.codes)}-{time.time_ns()}"
        self.codes[code] = {name: asked[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def token(self) -> ResponseReturnValue:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind != "Basic" or b64decode(given).decode() != f"{self.client}:{self.secret}":
            return jsonify(error="invalid_client"), 401
        kept = self.codes.pop(request.form["code"], None)  # a code counts once
        if kept is None or kept["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        if create_s256_code_challenge(request.form["code_verifier"]) != kept["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        if self.fault == "redirect":
            return redirect("http://elsewhere.example/token", 307)
        return jsonify(access_token="for nobody", token_type="Bearer", expires_in=60, id_token=self.id_token(kept["nonce"]))

    def id_token(self, nonce: str) -> str:
        at = int(time.time())
        claims = {"iss": self.address, "aud": self.client, "iat": at, "exp": at + 60, "nonce": nonce, **self.claims}
        header = {"alg": "RS256", "kid": self.keys[-1].kid}
        key: Any = self.keys[-1]
        match self.fault:
            case "nonce":
                claims["nonce"] = "of another log-in"
            case "no_nonce":
                del claims["nonce"]
            case "audience":
                claims["aud"] = "another client"
            case "audiences":
                claims["aud"] = [self.client, "another client"]
                claims["azp"] = "another client"
            case "issuer":
                claims["iss"] = "https://other.example"
            case "expired":
                claims |= {"iat": at - 600, "exp": at - 300}
            case "subject":
                del claims["sub"]
            case "signature":
                key = FORGER
            case "shared_secret":
                header, key = {"alg": "HS256"}, OctKey.import_key(self.secret)
        signed = jwt.encode(header, claims, key)
        return f"{signed.rpartition('.')[0]}." if self.fault == "unsigned" else signed


def application(provider: Provider) -> Flask:
    app = Flask("provider")
    app.before_request(lambda: provider.calls.append(request.path))
    app.add_url_rule("/.well-known/openid-configuration", "description", lambda: jsonify(provider.description()))
    app.add_url_rule("/authorize", "authorize", provider.authorize)
    app.add_url_rule("/token", "token", provider.token, methods=["POST"])
    app.add_url_rule("/jwks", "jwks", lambda: jsonify(KeySet(list(provider.keys)).as_dict(private=False)))

    @app.post("/control")
    def control() -> Response:
        given = request.get_json()
        provider.claims = given.get("claims", provider.claims)
        provider.fault = given.get("fault", "")
        provider.keys = [NEXT_KEY] if given.get("new_key") else provider.keys
        calls, provider.calls = provider.calls, []
        return jsonify(calls)

    return app


def main() -> None:
    provider = Provider(sys.argv[1], sys.argv[2])
    server = make_server("127.0.0.1", 0, application(provider), threaded=True)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    print(provider.address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
