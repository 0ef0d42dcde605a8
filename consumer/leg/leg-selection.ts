/** Which fragments are wanted. What is left out does not restrict. */
export interface LegSelection {
  /** Left out: the first transaction met is followed. */
  transactionId?: string;
  voiceConnectorId?: string;
  /** The leg's first fragment, as STARTED tells it. */
  startFragmentNumber?: string;
  /** The leg's last fragment, as ENDED tells it. */
  endFragmentNumber?: string;
  /**
   * Where the leg stops and goes on, in order: what is between two pieces is the leg's only where its tags say so. Default: the leg goes
   * from its first fragment to its last.
   */
  pieces?: readonly { startFragmentNumber?: string; endFragmentNumber?: string }[];
  /** Name or number of the track; needed only where there are several audio tracks. */
  track?: string | number;
}
