// Server-Sent Events from the body of a response: the browser's own EventSource can't POST.

/** Each event of the body as `{name, data}`, its data read as JSON. */
export async function* events(body) {
  let buffer = "";
  for await (const text of pieces(body.pipeThrough(new TextDecoderStream()))) {
    // A line end may be cut in two: a carriage return at the very end waits for what follows.
    buffer = (buffer + text).replace(/\r\n|\r(?!$)/g, "\n");
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    yield* blocks.map(parse).filter(Boolean);
  }
}

/** What comes until the stream ends, or the connection does: the last event tells them apart. */
async function* pieces(stream) {
  const reader = stream.getReader();
  const next = () => reader.read().catch(() => ({ done: true }));
  try {
    for (let piece; !(piece = await next()).done; ) yield piece.value;
  } finally {
    reader.cancel().catch(() => {}); // it may have failed already
  }
}

function parse(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}
