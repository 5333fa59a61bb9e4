/** Whether a text is a day of the calendar as ISO 8601 writes it: `2027-01-31`, but neither `2027-02-30` nor `31.1.2027`. */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // A day that a month does not have is either refused or moved into the next month.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
