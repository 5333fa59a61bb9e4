/**
 * The text of an element that holds gzip in base64, unpacked by the browser itself; null when the file has no such
 * element. Rejects when what it holds is damaged.
 */
export async function readChunk(id: string): Promise<string | null> {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) return null;
  const packed = atob(template.content.textContent ?? "");
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}
