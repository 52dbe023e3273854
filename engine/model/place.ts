/**
 * A place on earth as one number, so that it is kept and compared as other values are: latitude and longitude in steps of
 * 1/100,000 of a degree, 1.1 m at most. And the distance between two.
 */

const STEPS = 100_000;
const LONGITUDES = 360 * STEPS + 1;
const EARTH_RADIUS_M = 6_371_008.8;

/** undefined: there is no such place. @param latitude degrees north @param longitude degrees east */
export function packPlace(latitude: number, longitude: number): number | undefined {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  return Math.round((latitude + 90) * STEPS) * LONGITUDES + Math.round((longitude + 180) * STEPS);
}

export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Degrees, as they were packed. */
export function unpackPlace(place: number): Coordinates {
  return { latitude: latitudeOf(place), longitude: longitudeOf(place) };
}

function latitudeOf(place: number): number {
  return (Math.floor(place / LONGITUDES) - 90 * STEPS) / STEPS;
}

function longitudeOf(place: number): number {
  return ((place % LONGITUDES) - 180 * STEPS) / STEPS;
}

const RADIANS = Math.PI / 180;

/**
 * Metres along a great circle of a sphere with the earth's mean radius (IUGG: 6,371.0088 km); up to 0.6 % off the true
 * distance on the ellipsoid. The haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984).
 */
export function metresBetween(a: number, b: number): number {
  const latitudeA = latitudeOf(a) * RADIANS;
  const latitudeB = latitudeOf(b) * RADIANS;
  const sinLatitude = Math.sin((latitudeB - latitudeA) / 2);
  const sinLongitude = Math.sin(((longitudeOf(b) - longitudeOf(a)) * RADIANS) / 2);
  const h = sinLatitude * sinLatitude + Math.cos(latitudeA) * Math.cos(latitudeB) * sinLongitude * sinLongitude;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** `[45.76, 4.84]` */
export function printPlace(place: number): string {
  const { latitude, longitude } = unpackPlace(place);
  return `[${latitude}, ${longitude}]`;
}
