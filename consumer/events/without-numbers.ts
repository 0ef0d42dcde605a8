/** Seven digits or more, whatever people put between them. */
const NUMBER = /\+?\d(?:[\s().-]{0,2}\d){6,}/g;

/** A text of somebody else's, without what could be a phone number: for logs. */
export function withoutNumbers(text: string): string {
  return text.replace(NUMBER, "(number)");
}
