// The server's news of its queue, over one connection that comes back by itself.

/** Calls `news` with the list of analyses whenever it changes, `trouble` with a sentence when there is no contact. */
export function follow(news, trouble) {
  const source = new EventSource("/api/analyses/events");
  source.onmessage = (event) => news(JSON.parse(event.data));
  source.onerror = () => {
    trouble("There is no contact with the server; trying again. What was uploaded is kept there.");
    // A browser gives up after an answer that is no event stream, e.g. an error of a proxy.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(news, trouble), 3000);
  };
}
