from mpmath import mp, mpf, chebyfit, exp, log, erf, erfc, sqrt, polyval, expm1, taylor, inf, log1p, atanh
mp.dps=40
def fit(name,f,a,b,deg):
    p,err=chebyfit(f,[a,b],deg+1,error=True)
    # relative error
    w=max(abs((polyval(p,a+(b-a)*mpf(i)/400)-f(a+(b-a)*mpf(i)/400))/f(a+(b-a)*mpf(i)/400)) for i in range(401))
    print(name,deg,"abs",mp.nstr(err,3),"rel",mp.nstr(w,3)); print("   {"+", ".join(mp.nstr(c,18 if '64' in name else 10) for c in reversed(p))+"}")
L=log(2)/2*mpf('1.001')
# expm1(r) = r + r^2*P(r)
E=lambda r: (expm1(r)-r)/r**2 if abs(r)>mpf(10)**-12 else mpf(1)/2+r/6
fit("exp32",E,-L,L,4); fit("exp32",E,-L,L,5)
fit("exp64",E,-L,L,10); fit("exp64",E,-L,L,11)
# log: with s=f/(2+f), log(1+f)=2s+ s*z*Q(z), Q(z)=(2atanh(s)-2s)/s^3, s in [-.1716,.1716]
zmax=(( sqrt(mpf(2))-1)/(sqrt(mpf(2))+1))**2*mpf('1.001')
def Q(z):
    if z<mpf(10)**-10: return mpf(2)/3+2*z/5
    s=sqrt(z); return (2*atanh(s)-2*s)/s**3
fit("log32",Q,mpf(0),zmax,2);fit("log32",Q,mpf(0),zmax,3)
fit("log64",Q,mpf(0),zmax,6);fit("log64",Q,mpf(0),zmax,7)
def ER(z):
    x=sqrt(z); return erf(x)/x if x>mpf(10)**-15 else 2/sqrt(mp.pi)
for d in (5,6,7): fit("erf32",ER,mpf(0),mpf(1),d)
for d in (11,12,13): fit("erf64",ER,mpf(0),mpf(1),d)
# erfc(x)=exp(-x^2)*G(u), u=(x-k)/(x+k)
k=mpf(2)
def mk(k,lo,hi):
    def G(u):
        x=k*(1+u)/(1-u); return exp(x*x)*erfc(x)
    return G,(lo-k)/(lo+k),(hi-k)/(hi+k)
for d in (7,8):
    G,a,b=mk(mpf(2),mpf(1),mpf('4.1')); fit("erfc32 k2",G,a,b,d)
for d in (14,16,18):
    G,a,b=mk(mpf('2.5'),mpf(1),mpf('6.1')); fit("erfc64 k2.5",G,a,b,d)
