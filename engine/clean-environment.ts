/**
 * The process's environment without what a user's shell says of AWS and Pulumi: a profile there would come before the
 * credentials of local-aws, and real ones would be used.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name)));
}
