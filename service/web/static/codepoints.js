// Offsets of the service count Unicode code points, strings here count UTF-16 units. Everything
// that is cut by an offset is cut by these two.

/** The text from `start` to `end`, in code points; like the service, it never reaches outside. */
export function slice(text, start, end = Infinity) {
  const from = unit(text, start);
  return text.slice(from, end === Infinity ? undefined : from + unit(text.slice(from), end - start));
}

/** How many code points a text has. */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Where the code point with this number begins, in UTF-16 units. */
function unit(text, point) {
  let at = 0;
  for (let i = 0; i < point && at < text.length; i += 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}
