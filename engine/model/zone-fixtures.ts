/** Zones whose clocks do what clocks seldom do, for tests. */
export const ODD_ZONES = [
  "UTC",
  "Europe/Paris",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Africa/Casablanca",
  "America/Havana",
] as const;
