/** Where the stand-in sends its calls, from its environment. */
export interface StandInSettings {
  accountId: string;
  /** The AWS that holds everything. */
  endpoint: string;
  /** The AWS that has Chime. */
  chimeEndpoint: string;
  /** Variables that every function gets beside its own, as on AWS it gets its region and credentials. */
  functionEnvironment: Record<string, string>;
}

type ClientClass<C> = new (config: {
  region: string;
  endpoint: string;
  forcePathStyle?: boolean;
  credentials: { accessKeyId: string; secretAccessKey: string };
}) => C;

/** Clients of the AWS SDK, one per region. */
export class Clients {
  private readonly made = new Map<string, unknown>();

  constructor(readonly settings: StandInSettings) {}

  get<C>(Client: ClientClass<C>, region = "us-east-1", endpoint = this.settings.endpoint): C {
    const key = `${Client.name} ${region} ${endpoint}`;
    const known = this.made.get(key);
    if (known) return known as C;
    const client = new Client({
      region,
      endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: this.settings.accountId, secretAccessKey: "stand-in" },
    });
    this.made.set(key, client);
    return client;
  }
}
