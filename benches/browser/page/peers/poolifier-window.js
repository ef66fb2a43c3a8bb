// As it is published, poolifier-web-worker takes only what has a `window` for a browser, which a worker has not.

if (!self.location.search) globalThis.window ??= globalThis;
