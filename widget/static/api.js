// The only module that talks to the desk. Its contract is bot/openapi.yml.

const PATIENCE_MS = 60_000;

/** What went wrong. `status` 0 means that the desk could not be reached; `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Worth sending again as it is: nothing was wrong with the message itself. */
  get passing() {
    return this.status === 0 || [502, 503, 504].includes(this.status);
  }
}

export class Api {
  /** `base` is the origin the widget's own script came from, e.g. https://desk.example */
  constructor(base) {
    this.base = base;
  }

  texts(language) {
    return this.#request("GET", `/widget/texts/${encodeURIComponent(language)}.json`);
  }

  /** Whom to turn to when no department is known yet. */
  reception(municipality, language) {
    return this.#request("GET", `/widget/reception/${encodeURIComponent(municipality || "default")}/${encodeURIComponent(language)}.json`);
  }

  /** Banners to show now, and whether automatic answers are switched off. */
  notices(municipality, language) {
    const query = new URLSearchParams(municipality ? { municipality, language } : { language });
    return this.#request("GET", `/api/v1/notices?${query}`);
  }

  /** For each text its pieces, [text, reading or null]. */
  furigana(texts) {
    return this.#request("POST", "/api/v1/furigana", { texts });
  }

  start(municipality, language) {
    return this.#request("POST", "/api/v1/conversations", municipality ? { municipality, language } : { language });
  }

  read(conversation) {
    return this.#request("GET", this.#path(conversation));
  }

  /** `leaving` lets the request outlive the page. */
  remove(conversation, { leaving = false } = {}) {
    return this.#request("DELETE", this.#path(conversation), undefined, leaving);
  }

  ask(conversation, message) {
    return this.#request("POST", this.#path(conversation, "messages"), message);
  }

  feedback(conversation, message, resolved, comment = null) {
    return this.#request("POST", this.#path(conversation, `messages/${message}/feedback`), { resolved, comment });
  }

  requestPerson(conversation, request) {
    return this.#request("POST", this.#path(conversation, "handoffs"), request);
  }

  rate(conversation, rating, comment = null) {
    return this.#request("POST", this.#path(conversation, "rating"), { rating, comment });
  }

  /** `presence` is {typing, read}. */
  presence(conversation, presence) {
    return this.#request("POST", this.#path(conversation, "presence"), presence);
  }

  updates(conversation, after) {
    return this.#request("GET", this.#path(conversation, `updates?after=${after}`));
  }

  /** Server-sent events `updates`. */
  stream(conversation, after) {
    return new EventSource(this.base + this.#path(conversation, `events?after=${after}`));
  }

  #path(conversation, rest = "") {
    return `/api/v1/conversations/${encodeURIComponent(conversation)}${rest ? `/${rest}` : ""}`;
  }

  async #request(method, path, body, leaving = false) {
    const options = { method, credentials: "omit", cache: "no-store", keepalive: leaving, headers: { Accept: "application/json" } };
        if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    options.signal = AbortSignal.timeout(PATIENCE_MS);
    let response;
    try {
      response = await fetch(this.base + path, options);
      if (response.status === 204) return null;
      const data = await response.json();
      if (response.ok) return data;
      throw failure(response, data);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      // No JSON in an error response: a proxy answered, its status is all there is to know.
      if (response && !response.ok) throw failure(response, null);
      throw new ApiError(0, "network", String(error));
    }
  }
}

function failure(response, data) {
  const { code = "http", message = "" } = data?.error ?? {};
  return new ApiError(response.status, code, message, Number(response.headers.get("Retry-After")) || 0);
}
