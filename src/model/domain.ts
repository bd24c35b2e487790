/** What names of instances end in, where instances look for each other: `web.strata`. */
export const domain = "strata";
