/** One tensor of a layer and where it comes from. */
export interface Field {
  /** The attribute of the layer, or of the module that holds a bare parameter: `weight`, `running_mean`. */
  readonly name: string;
  /** Key of the original's variable. */
  readonly key: string;
  /** Shape of the variable. */
  readonly stored: readonly number[];
  /** Shape of the attribute. */
  readonly shape: readonly number[];
  /** What is done to the variable, as Python behind the tensor: `.reshape(64, 192).T`. */
  readonly change: string;
  /** Why, for the comment; null where it lies as it did. */
  readonly why: string | null;
}

/** Variables that become one attribute of a module. */
export interface Layer {
  /** Scope of the original; that of the variable itself for a bare parameter. */
  readonly path: string;
  /** Python that makes it; null for a bare parameter or buffer. */
  readonly construct: string | null;
  /** Torch's dtype where it is not float32. */
  readonly dtype: string | null;
  readonly fields: readonly Field[];
  /** What the constructor cannot say: an asymmetric padding, where an epsilon stands. */
  readonly notes: readonly string[];
}

/** A module class of the skeleton. */
export interface ModuleClass {
  readonly name: string;
  /** The scope of the first instance, whose ops stand in its forward. */
  readonly example: string;
  readonly members: readonly Member[];
}

export type Member =
  | { readonly kind: "layer"; readonly attribute: string; readonly relative: string; readonly layer: Layer }
  | { readonly kind: "module"; readonly attribute: string; readonly relative: string; readonly of: ModuleClass }
  | {
      readonly kind: "list";
      readonly attribute: string;
      /** Scopes of the blocks, relative to the module's own. */
      readonly relatives: readonly string[];
      readonly of: ModuleClass;
    };

export interface Skeleton {
  readonly root: ModuleClass;
  /** The root's scope in the original; "" where the variables have no common one. */
  readonly scope: string;
  /** Every class, inner ones first. */
  readonly classes: readonly ModuleClass[];
}
