/** The bytes (a Uint8Array) that a text in base64 stands for. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
