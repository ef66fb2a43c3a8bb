// The package's outside interface for TypeScript. Copied into the declarations of the crate that uses the package, so what
// is not `Pool`, `PerennialError` or `pageMemory` stands in a namespace, where it cannot clash with that crate's own.

/** A pool whose promises always settle. Made by `Pool.start`. */
export class Pool extends EventTarget {
  private constructor();

  /**
   * Starts a pool, and its first generation with it.
   *
   * Rejects with `BadConfig`, `NotIsolated`, `StartFailed` or `PoolLost`. Throws `NotHere` if a task or a leader calls it.
   */
  static start(options?: Pool.Options): Promise<Pool>;

  /**
   * Calls a task. The argument is taken at the call.
   *
   * Settles exactly once, whatever dies. Rejects with `TaskPanicked`, `TaskFailed`, `MemoryExhausted`, `GenerationLost`,
   * `TimedOut` or `QueueTimedOut` if the job did not succeed; with `UnknownTask`, `BadInput` or `BadConfig` if the call is wrong;
   * with `QueueFull`, `StartFailed`, `PoolExited` or `PoolLost` if the pool cannot take it, or not serve it any more. Where a
   * `signal` aborts, it rejects with `signal.reason`, whatever that is.
   */
  run<Name extends keyof Pool.Tasks>(task: Name, ...rest: Pool.Call<Name>): Promise<Pool.Result<Name>>;

  /**
   * Calls a task for each item, and gives the results one by one: `for await (const result of pool.map(...))`. At most
   * `concurrency` calls are open, and at most twice as many items are between the source and who takes the results: so up to
   * twice `concurrency` results wait. Items are taken as there is room for them, here and in `maxQueue`, from the first
   * `next()` on. Leaving the loop aborts what is open, and closes the source.
   *
   * Throws `UnknownTask`, `BadConfig` or `PoolLost`. An error of a call, or whatever the source throws, rejects `next()` in its
   * turn, and ends it like leaving the loop.
   */
  map<Name extends keyof Pool.Tasks>(
    task: Name,
    iterable: Iterable<Pool.Argument<Name>> | AsyncIterable<Pool.Argument<Name>>,
    options?: Pool.MapOptions<Pool.Argument<Name>>,
  ): Pool.Results<Pool.Result<Name>>;

  /**
   * Calls a task once on each thread of the current generation, as one job with a copy of the argument for each.
   *
   * Resolves with the results by thread, once the last is done. Rejects as `run`, with the error of the first thread that has
   * one.
   */
  broadcast<Name extends keyof Pool.Tasks>(task: Name, ...rest: Pool.Call<Name>): Promise<Pool.Result<Name>[]>;

  /** Resolves once no job waits or runs, and none that was aborted runs on either. */
  onIdle(): Promise<void>;

  /**
   * Resolves once a generation serves.
   *
   * Rejects with `StartFailed` if none can be started for now, as a call would; or with `PoolExited` or `PoolLost`.
   */
  ready(): Promise<void>;

  /**
   * The threads' reports, from the first `next()` on, until the pool exits. `buffer` are kept for who is slow, the newest.
   * Default: 256, from 1 to 65536.
   *
   * Throws `BadConfig`. `next()` rejects with `PoolLost`.
   */
  reports(options?: { buffer?: number | null }): Pool.Reports;

  /**
   * Replaces the current generation, and resolves once the old one has ended. No job is lost by it.
   *
   * Rejects with `StartFailed` if the new generation does not start, and the old one serves on; or with `PoolExited` or
   * `PoolLost`.
   */
  recycle(): Promise<Pool.RecycleEnd>;

  /** The pool at this moment. Throws `PoolLost`. */
  health(): Pool.Health;

  /**
   * Serves what was called, within `exitTimeout`, then ends everything: no worker, timer or memory of the pool is left.
   * What is not done by then, or waits while no generation serves or starts, rejects with `PoolExited`.
   * A thread that is in an endless loop then dies some 2 s later in Chromium, at once in Firefox, and in WebKitGTK not before the
   * page is left: for such a one it waits 15 s at the most.
   */
  exit(): Promise<void>;

  /**
   * Starts the pool again after `exit`, with the same options. Resolves once it serves.
   *
   * Rejects with `StartFailed` or `PoolLost`.
   */
  init(): Promise<void>;

  /** `exit`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;

  addEventListener<Type extends keyof Pool.Events>(
    type: Type, listener: Pool.Listener<Type> | null, options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Pool.Events>(
    type: Type, listener: Pool.Listener<Type> | null, options?: boolean | EventListenerOptions,
  ): void;
}

/** The tasks by name. Each `#[task]` adds itself. */
export interface __PerennialTasks {}

export namespace Pool {
  /** Each task's argument and result, by its name. */
  type Tasks = __PerennialTasks;

  /** What `run` takes for this task. */
  type Argument<Name extends keyof Tasks> = Tasks[Name] extends { argument: infer Argument } ? Argument : never;

  /** What `run` gives for this task. */
  type Result<Name extends keyof Tasks> = Tasks[Name] extends { result: infer Result } ? Result : never;

  /** The further parameters of `run`. */
  type Call<Name extends keyof Tasks> = undefined extends Argument<Name>
    ? [argument?: Argument<Name>, options?: RunOptions]
    : [argument: Argument<Name>, options?: RunOptions];

  /** Bytes as a number, or as `"512MiB"`. */
  type Size = number | string;

  interface Options {
    /** Rayon threads of a generation, 1 to 256. Default: `navigator.hardwareConcurrency`. */
    threads?: number | null;
    /** The stack of each thread: a multiple of 64 KiB, from 128 KiB to 1 GiB. Default: 2 MiB. */
    stackSize?: Size | null;
    memory?: {
      /** The most that a generation's memory may reach, 1 MiB to 4 GiB. Halved where the device refuses it. Default: 1 GiB. */
      limit?: Size | null;
      /** What all live generations may reserve together, the limit at the least. Default: twice the limit. */
      budget?: Size | null;
      /** Where a generation is full enough to be renewed: a part of the limit up to 1, or a size. Default: 0.75. */
      recycleAt?: Size | null;
      /** Where no job starts beside another in it, as `recycleAt`. Default: 0.9. */
      criticalAt?: Size | null;
      /** Whether a new generation starts beside the old one. Default: `"auto"`, if two fit the budget. */
      overlap?: "auto" | "blue-green" | "drain-first" | null;
    } | null;
    recycle?: {
      /** How old a generation may get, in ms. Default: no bound. */
      maxAge?: number | null;
      /** How many jobs it may be given. Default: no bound. */
      maxJobs?: number | null;
      /** The part of the time that recycles of the pool's own accord may take, 0.001 to 1. Default: 0.2. */
      share?: number | null;
    } | null;
    /** Deaths, hangs and failed starts that are borne. One more, and the pool is degraded: it tries again every 30 s. */
    restart?: {
      /** So many, 0 to 1000. Default: 5. */
      max?: number | null;
      /** Within so many ms. Default: 30 000. */
      within?: number | null;
    } | null;
    /** Handed to `on_start` in every generation. Copied once. */
    input?: ArrayBuffer | ArrayBufferView | null;
    /** Jobs that may wait. Default: 1024. */
    maxQueue?: number | null;
    /** How often a busy thread's health is told, in ms, 10 at the least. Default: 250. */
    reportInterval?: number | null;
    /** How long a generation may take to be up, in ms; 6 s more if it stands still and is tried again. Default: 10 000. */
    startTimeout?: number | null;
    /** How long `exit`, or the drain of a recycle, may take, in ms. Default: 20 000. */
    exitTimeout?: number | null;
    /** Where the script is from which the pool's workers start, if not in its place: relative to the page. */
    workerUrl?: string | URL | null;
    /** Whether each job and recycle is a User Timing entry, for the browser's performance panel. Default: `false`. */
    userTiming?: boolean | null;
  }

  interface RunOptions {
    /** When it aborts, the promise rejects with its `reason` at once, and the task ends at its next checkpoint. */
    signal?: AbortSignal | null;
    /** How long it may run, in ms, from the start of the run. Default: no bound. */
    timeout?: number | null;
    /** How long it may wait for a free thread, in ms; after it `QueueTimedOut`, and it has not run. Default: no bound. */
    queueTimeout?: number | null;
    /** Higher runs earlier; each second of waiting counts as one more. A whole number up to a million either way. Default: 0. */
    priority?: number | null;
    /**
     * Whether it may run again: when its generation was lost under it, and once, alone, when it found no memory; three runs in
     * all at the most. Default: `false`.
     */
    idempotent?: boolean | null;
    /** The most that it takes: it is not started where that does not fit. Default: what was learned of its task. */
    memory?: Size | null;
    /**
     * Buffers that are moved in place of copied, and detached here: those of 64 KiB or more that are in the argument once and as
     * a whole. Any other is copied.
     */
    transfer?: ArrayBuffer[] | null;
    /** Called with what the task told by `checkpoint`, from 0 to 1. */
    onProgress?: ((progress: number) => void) | null;
  }

  interface MapOptions<Item> extends Omit<RunOptions, "transfer" | "onProgress"> {
    /** How many calls may be open. Default: twice the threads. */
    concurrency?: number | null;
    /** Whether results come in the order of the items, or as they come. Default: `true`. */
    ordered?: boolean | null;
    /** Gives the buffers in an item that are moved in place of copied, as `transfer` of `run`. */
    transfer?: ((item: Item) => ArrayBuffer[]) | null;
    /** Called with what an item's task told by `checkpoint`, from 0 to 1, and with the item's index. */
    onProgress?: ((progress: number, index: number) => void) | null;
  }

  /** An async iterator that has to be left by its end, `return()` or `throw()`, as `for await` does. */
  interface Results<Result> {
    next(): Promise<IteratorResult<Result, undefined>>;
    return<Value = undefined>(value?: Value | PromiseLike<Value>): Promise<IteratorReturnResult<Value>>;
    throw(reason?: unknown): Promise<IteratorResult<Result, undefined>>;
    [Symbol.asyncIterator](): this;
    [Symbol.asyncDispose](): Promise<void>;
  }

  interface Reports extends Results<Report> {
    /** How many reports were not taken in time, and dropped. */
    readonly dropped: number;
  }

  type Listener<Type extends keyof Events> =
    | ((this: Pool, event: CustomEvent<Events[Type]>) => void)
    | { handleEvent(event: CustomEvent<Events[Type]>): void };

  /** What an event says in its `detail`, by its name. */
  interface Events {
    /** A thread has ended a job, or has been busy for another `reportInterval`. */
    report: Report;
    /** The memory of the current generation is nearer to its end than it was, or farther from it. */
    pressure: Pressure;
    /** The device refused `memory.limit`; this generation has less. In bytes. */
    limitreduced: { generation: number; asked: number; granted: number };
    /** A generation begins to be replaced. */
    recyclestart: RecycleStart;
    /** A generation was replaced, and has ended. */
    recycleend: RecycleEnd;
    /** A replacement came to nothing; the old generation serves on where there is one. */
    recyclefailed: RecycleFailed;
    /** A generation gave no snapshot; its successor starts with the last one that there is. */
    snapshotfailed: { generation: number; cause: string };
    /** A generation died, or was ended by force. */
    generationlost: GenerationLost;
    /** The queue is three quarters full: calls come faster than they are served. */
    backpressure: { length: number; max: number };
    /** After that, the queue is down to a quarter. */
    drain: { length: number; max: number };
    /** Restarts are far apart from now on, or jobs wait for memory and recycles have used up their share of the time. */
    degraded: { cause: string };
    /** It is over. */
    recovered: { generation: number };
    /** Nothing of the pool is left. */
    exit: {};
  }

  /** Why a generation is replaced. */
  type Reason = "requested" | "hang" | "pressure" | "admission" | "exhausted" | "age" | "jobs" | "exception" | "idle";

  /** How near a generation is to the end of its memory. */
  type Level = "calm" | "high" | "critical";

  /** A generation's memory, as it is judged. In bytes. */
  interface Pressure {
    generation: number;
    level: Level;
    /** What the memory holds of the machine. */
    reserved: number;
    /** What the allocator has handed out. */
    live: number;
    /** The most that may be reserved. */
    limit: number;
    /** How long it takes to the limit as it goes now; `null` where it does not rise. */
    msToLimit: number | null;
  }

  /** A thread's health message. Bytes are of its whole generation. */
  interface Report {
    generation: number;
    /** From 0. */
    thread: number;
    /** What the memory holds of the machine: it never falls. */
    reserved: number;
    /** What the allocator has handed out. */
    live: number;
    /** The most that was live since a job last began. That of `GenerationHealth` is of the generation's whole life. */
    peak: number;
    /** Jobs that this thread has ended. */
    jobsDone: number;
    /** The jobs on its stack, outermost first. */
    busy: { job: number; forMs: number }[];
  }

  interface RecycleStart {
    /** The old generation. */
    from: number;
    /** The new one; another where its start is tried again. */
    to: number;
    reason: Reason;
  }

  interface RecycleEnd {
    from: number;
    to: number;
    reason: Reason;
    /** How long no generation took jobs: 0 where the new one was up before. */
    pauseMs: number;
    /** From the wish to the old generation's end. */
    totalMs: number;
    /** What the old generation had reserved, at its last report. */
    bytesFreed: number;
  }

  interface RecycleFailed {
    from: number;
    reason: Reason;
    cause: string;
  }

  interface GenerationLost {
    generation: number;
    cause: string;
    /** Jobs that run again. */
    rerun: number;
    /** Jobs that were rejected. */
    rejected: number;
  }

  interface Health {
    phase: "starting" | "serving" | "recycling" | "restarting" | "exiting" | "exited";
    /**
     * Why the pool cannot keep up, while it cannot: restarts are far apart, or jobs wait for memory and recycles have used up
     * their share of the time.
     */
    degraded: string | null;
    generations: GenerationHealth[];
    threads: ThreadHealth[];
    /**
     * In bytes: `reserved` and `budget` of all generations together; `limit`, `recycleAt` and `criticalAt` of each, as they were
     * asked for.
     */
    memory: { reserved: number; budget: number; limit: number; recycleAt: number; criticalAt: number };
    queue: { length: number; max: number };
    latency: Latency;
    counters: Counters;
  }

  interface GenerationHealth {
    generation: number;
    phase: "starting" | "serving" | "draining" | "retiring";
    pressure: Level;
    /** Bytes of `memory.buffer`, at the newest report. */
    reserved: number;
    /** Bytes that the allocator has handed out. */
    live: number;
    /** The most bytes that were live in its life. */
    peak: number;
    /** The most bytes that may be reserved: what the device granted. */
    limit: number;
    /** What was asked for, by `memory.limit`. */
    limitAsked: number;
    /** Jobs that it was given and that have not ended. */
    inFlight: number;
    /** Jobs that have ended in it. */
    jobsDone: number;
    /** Since its start began. */
    ageMs: number;
  }

  interface ThreadHealth {
    generation: number;
    thread: number;
    /** `asleep` with nothing to do; `stuck` in a job that has outlived its timeout and the time to stop after it. */
    state: "asleep" | "busy" | "stuck";
    /** The jobs on its stack, outermost first. */
    busy: { job: number; task: string | null; forMs: number }[];
    /**
     * The part of the time in which it had a job on its stack, from 0 to 1: of the last five seconds, and since its
     * generation was up. What it does for jobs of other threads is not in it.
     */
    utilisation: { recent: number; total: number };
    /** Jobs that it has ended. */
    jobsDone: number;
    /** How old all this is. */
    reportedMsAgo: number;
  }

  /** How long jobs took that ran to their end, since the pool was made. */
  interface Latency {
    /** From the call until it was given to a generation. */
    queue: Quantiles;
    /** On a thread. */
    run: Quantiles;
    /** From the call to its settlement. */
    settle: Quantiles;
  }

  /** Times in ms, at most a quarter too high, `max` exact; `null` of none. */
  interface Quantiles {
    count: number;
    p50: number | null;
    p90: number | null;
    p99: number | null;
    max: number | null;
  }

  /** Since the pool was made. */
  interface Counters {
    /** Calls, those too that were refused: `QueueFull`, `StartFailed`, `PoolExited`. Not those that were wrong. */
    submitted: number;
    /** Those that gave a result. */
    fulfilled: number;
    /** Those that gave an error, were refused, timed out or were aborted. */
    rejected: number;
    /** Generations that were replaced. */
    recycles: number;
    /** Generations that died, or were ended by force, but for `exit`. */
    lost: number;
    /** Starts that came to nothing, each try of one counted. */
    failedStarts: number;
    /** Recycles for pressure after which the new generation held about as much as the old one. */
    futileRecycles: number;
  }

  /** A typed array of one's own, which no other thread shares. */
  type Own<Typed extends { slice(): unknown }> = ReturnType<Typed["slice"]>;

  /** Typed arrays that a list of whole numbers is read from. */
  type IntegerArray =
    | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

  /** What bytes are read from. */
  type BytesLike =
    | ArrayBuffer | SharedArrayBuffer | DataView | IntegerArray | Float32Array | Float64Array | BigInt64Array
    | BigUint64Array | ReadonlyArray<number>;
}

/**
 * What the promises of a pool reject with: an `Error` with a stable `code`, and the fields that go with it. Two come as they
 * are: the `reason` of a signal that aborts, and what the source of `map` throws.
 */
export type PerennialError = {
  [Code in PerennialError.Code]: Error & { readonly code: Code } & Readonly<PerennialError.Fields[Code]>;
}[PerennialError.Code];

export const PerennialError: {
  new (code: string, message: string, fields?: Record<string, unknown>): PerennialError;
};

export namespace PerennialError {
  type Code = keyof Fields;

  /** The fields of an error, by its code. */
  interface Fields {
    /** The task panicked. `cause` is there if the panic came through JavaScript. */
    TaskPanicked: { file: string; line: number; column: number; cause?: unknown };
    /**
     * The task returned an error: `cause` is an `Error` of what was behind it, `data` what serde makes of it. If that is an
     * object, its fields stand here too, but for `code` and those that every `Error` has. Or it let an exception of
     * JavaScript through: its `cause`.
     */
    TaskFailed: { cause?: unknown; data?: unknown; [field: string]: unknown };
    /** The generation's memory has no room, in bytes. */
    MemoryExhausted: { requested: number; live: number; limit: number };
    /** Its generation was lost under it. */
    GenerationLost: { generation: number; cause: string };
    /** It ran longer than its `timeout`. */
    TimedOut: {};
    /** It waited longer than its `queueTimeout`. */
    QueueTimedOut: {};
    /** Aborted by a signal whose reason is `null`; else the reason itself is thrown. */
    Cancelled: {};
    /** `maxQueue` jobs wait already. */
    QueueFull: {};
    /** No task has this name. */
    UnknownTask: { task: string; known: string[] };
    /** The argument is not what the task takes: at this path, empty at its root. */
    BadInput: { path: string; cause?: unknown };
    /** An option is not what is accepted. */
    BadConfig: { field?: string; value?: string; accepted?: string; cause?: unknown };
    /** No generation can be started. */
    StartFailed: { cause?: unknown };
    /** The page may not share memory between threads; it lacks these headers. */
    NotIsolated: { headers: Record<string, string> };
    /** A task or a leader called: no pool can be used there. Thrown, since nobody there would hear a rejection. */
    NotHere: { role: "leader" | "thread" };
    /** The pool has ended, or ends. */
    PoolExited: { cause?: unknown };
    /** The coordinator's own instance died. */
    PoolLost: { cause?: unknown };
  }
}

/**
 * A small memory for the instance that only coordinates: `await init({ memory: pageMemory() })`.
 *
 * In bytes: `initial` (4 MiB) has to reach what the module declares, `maximum` (64 MiB, or `initial` if that is more) is what
 * the page's own exports and the coordinator may use. Throws `NotIsolated`, and `BadConfig`, also if the device refuses the
 * memory.
 */
export function pageMemory(options?: { initial?: number; maximum?: number }): WebAssembly.Memory;
